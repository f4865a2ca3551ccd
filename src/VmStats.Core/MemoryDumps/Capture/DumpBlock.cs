namespace VmStats.MemoryDumps;

/// <summary>A block of raw memory on its way through the pipeline. Two stages read it; its buffer is free after both.</summary>
/// <param name="buffer">Holds it.</param>
/// <param name="length">Its length.</param>
/// <param name="isZero">True when it holds nothing but zeros; the buffer is then one that all such blocks share.</param>
internal sealed class DumpBlock(byte[] buffer, int length, bool isZero)
{
    private int _readers = 2;

    /// <summary>The buffer.</summary>
    public byte[] Buffer { get; } = buffer;

    /// <summary>The block's length.</summary>
    public int Length { get; } = length;

    /// <summary>True for zeros.</summary>
    public bool IsZero { get; } = isZero;

    /// <summary>The raw bytes.</summary>
    public ReadOnlySpan<byte> Raw => Buffer.AsSpan(0, Length);

    /// <summary>What the compressor made of it, once <see cref="Ready"/> is set.</summary>
    public CompressedBlock Compressed { get; set; }

    /// <summary>Set when it is compressed.</summary>
    public ManualResetEventSlim Ready { get; } = new();

    /// <summary>Says that one stage is done with the raw bytes.</summary>
    /// <returns>True for the last.</returns>
    public bool ReleaseOne() => Interlocked.Decrement(ref _readers) == 0;
}
