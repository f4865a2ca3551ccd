using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;

namespace VmStats.Dumps.Image;

/// <summary>
/// Writes one gzip member made of blocks that were deflated separately: each ends with a sync flush, hence on a byte
/// boundary, so that the next can follow. The CRC of the member is combined from the CRCs of the blocks.
/// </summary>
internal sealed class GzipBlockCompressor : BlockCompressor
{
    private const int HeaderLength = 10;
    private const int TrailerLength = 8;

    // Magic number, deflate, no flags, no time, no extra flags, operating system unknown.
    private static readonly byte[] s_header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

    private readonly CompressionLevel _level;
    private readonly ConcurrentDictionary<int, CompressedBlock> _zeros = new();
    private uint _crc;
    private long _length;

    public GzipBlockCompressor(int level)
    {
        // .NET 8 offers three of zlib's nine levels: 1, 6 and 9.
        _level = level switch { <= 3 => CompressionLevel.Fastest, <= 6 => CompressionLevel.Optimal, _ => CompressionLevel.SmallestSize };
    }

    public override ReadOnlyMemory<byte> Header => s_header;

    public override CompressedBlock Compress(ReadOnlySpan<byte> raw, bool isZero)
    {
        if (!isZero)
        {
            return Deflate(raw, RentOutput(raw.Length), isPooled: true);
        }

        if (!_zeros.TryGetValue(raw.Length, out CompressedBlock zeros))
        {
            CompressedBlock made = Deflate(raw, new byte[(raw.Length / 32) + 4096], isPooled: false);
            zeros = _zeros.GetOrAdd(raw.Length, made);
        }

        return zeros;
    }

    public override void Append(in CompressedBlock block)
    {
        _crc = Crc32.Combine(_crc, block.Crc, block.RawLength);
        _length += block.RawLength;
    }

    public override ReadOnlyMemory<byte> Finish()
    {
        // An empty final block (3, 0), then the CRC and the length modulo 2^32.
        byte[] end = new byte[2 + TrailerLength];
        end[0] = 3;
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(2), _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(6), unchecked((uint)_length));
        return end;
    }

    // A whole gzip member is created for its trailer: zlib computes the CRC anyway. Only the part up to the flush is kept.
    private CompressedBlock Deflate(ReadOnlySpan<byte> raw, byte[] output, bool isPooled)
    {
        MemoryStream stream = new(output);
        int end;
        using (GZipStream gzip = new(stream, _level, leaveOpen: true))
        {
            gzip.Write(raw);
            gzip.Flush();
            end = (int)stream.Position;
        }

        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(output.AsSpan((int)stream.Position - TrailerLength));
        return new CompressedBlock(output, HeaderLength, end - HeaderLength, raw.Length, crc, isPooled);
    }
}
