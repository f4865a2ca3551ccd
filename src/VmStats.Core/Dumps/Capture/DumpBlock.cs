using VmStats.Dumps.Image;

namespace VmStats.Dumps.Capture;

/// <summary>A block of raw memory on its way through the pipeline. Two stages read it; its buffer is free after both are done.</summary>
/// <param name="buffer">The buffer that holds the block.</param>
/// <param name="length">Its length.</param>
/// <param name="isZero">True when the block holds only zeros; all such blocks share one buffer.</param>
internal sealed class DumpBlock(byte[] buffer, int length, bool isZero)
{
    private int _readers = 2;

    /// <summary>The buffer.</summary>
    public byte[] Buffer { get; } = buffer;

    /// <summary>The block's length.</summary>
    public int Length { get; } = length;

    /// <summary>True when the block holds only zeros.</summary>
    public bool IsZero { get; } = isZero;

    /// <summary>The raw bytes.</summary>
    public ReadOnlySpan<byte> Raw => Buffer.AsSpan(0, Length);

    /// <summary>The compressor's output, once <see cref="Ready"/> is set.</summary>
    public CompressedBlock Compressed { get; set; }

    /// <summary>Set when the block has been compressed.</summary>
    public ManualResetEventSlim Ready { get; } = new();

    /// <summary>Called by a stage that no longer needs the raw bytes.</summary>
    /// <returns>True for the last stage.</returns>
    public bool ReleaseOne() => Interlocked.Decrement(ref _readers) == 0;
}
