using System.Buffers;

namespace VmStats.MemoryDumps;

/// <summary>
/// Compresses a stream block by block, so that many cores can work on one file: <see cref="Compress"/> runs on any
/// number of threads, the other methods on the one that writes, in the stream's order.
/// </summary>
internal abstract class BlockCompressor
{
    /// <summary>Bytes before the first block.</summary>
    public virtual ReadOnlyMemory<byte> Header => default;

    /// <summary>Compresses one block.</summary>
    /// <param name="raw">The block.</param>
    /// <param name="isZero">True when it holds nothing but zeros: those cost next to nothing.</param>
    public abstract CompressedBlock Compress(ReadOnlySpan<byte> raw, bool isZero);

    /// <summary>Takes note of a block that has been written.</summary>
    public virtual void Append(in CompressedBlock block)
    {
    }

    /// <summary>Bytes after the last block.</summary>
    public virtual ReadOnlyMemory<byte> Finish() => default;

    /// <summary>An output buffer that takes the worst case of either compressor.</summary>
    protected static byte[] RentOutput(int rawLength) => ArrayPool<byte>.Shared.Rent(rawLength + (rawLength / 32) + 4096);
}

/// <summary>A compressed block.</summary>
/// <param name="Buffer">Holds it.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its length.</param>
/// <param name="RawLength">Its length before.</param>
/// <param name="Crc">CRC-32 of the raw block, where the format wants one.</param>
/// <param name="IsPooled">True when the buffer goes back to the shared pool once written.</param>
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
