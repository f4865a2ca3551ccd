using System.Buffers;

namespace VmStats.Dumps.Image;

/// <summary>
/// Compresses a stream block by block, so that several cores can work on one file: <see cref="Compress"/> may run on
/// any number of threads; the other methods are called on the writer's thread, in the order of the stream.
/// </summary>
internal abstract class BlockCompressor
{
    /// <summary>The bytes before the first block.</summary>
    public virtual ReadOnlyMemory<byte> Header => default;

    /// <summary>Compresses one block.</summary>
    /// <param name="raw">The block.</param>
    /// <param name="isZero">True when the block holds only zeros: compressing it costs almost nothing.</param>
    public abstract CompressedBlock Compress(ReadOnlySpan<byte> raw, bool isZero);

    /// <summary>Called for each block that has been written.</summary>
    public virtual void Append(in CompressedBlock block)
    {
    }

    /// <summary>Returns the bytes after the last block.</summary>
    public virtual ReadOnlyMemory<byte> Finish() => default;

    /// <summary>Rents an output buffer that is large enough for the worst case of either compressor.</summary>
    protected static byte[] RentOutput(int rawLength) => ArrayPool<byte>.Shared.Rent(rawLength + (rawLength / 32) + 4096);
}

/// <summary>A compressed block.</summary>
/// <param name="Buffer">The buffer that holds the block.</param>
/// <param name="Offset">Its offset in the buffer.</param>
/// <param name="Length">Its compressed length.</param>
/// <param name="RawLength">Its length before compression.</param>
/// <param name="Crc">The CRC-32 of the raw block, if the format needs one.</param>
/// <param name="IsPooled">True when the buffer returns to the shared pool once it is written.</param>
internal readonly record struct CompressedBlock(byte[] Buffer, int Offset, int Length, int RawLength, uint Crc, bool IsPooled)
{
    public ReadOnlySpan<byte> Span => Buffer.AsSpan(Offset, Length);

    public void Release()
    {
        if (IsPooled)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
