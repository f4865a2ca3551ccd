using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>
/// The file format of a segment: a signature, then records. A record is a header (four bytes length, four bytes number of points,
/// four bytes CRC-32C of these eight, four bytes CRC-32C of the batch; integers are little-endian) and the batch. As the header has its
/// own checksum, the record after a damaged batch is found by the length in the header; after a damaged header it is searched for.
/// </summary>
internal static class SpoolSegment
{
    public const string Extension = ".segment";
    public const int MarkSize = 8;
    public const int HeaderSize = 16;

    private const int SummedSize = 8;
    private const int SearchSize = 64 * 1024;

    /// <summary>The signature at the start of a segment.</summary>
    public static ReadOnlySpan<byte> Mark => "VMSPOOL1"u8;

    /// <summary>Returns a record: the header followed by the batch.</summary>
    public static byte[] Frame(byte[] batch, int points)
    {
        byte[] record = new byte[HeaderSize + batch.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, batch.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), points);
        batch.CopyTo(record, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, SummedSize)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), Checksum(batch));
        return record;
    }

    /// <summary>Reads all intact records of a segment, one batch at a time.</summary>
    /// <param name="stream">The segment.</param>
    /// <param name="damage">Receives what could not be read; complete once all records have been read.</param>
    public static IEnumerable<IReadOnlyList<Point>> Read(Stream stream, SegmentDamage damage)
    {
        foreach ((int points, byte[] batch) in ReadBatches(stream, damage))
        {
            if (TryDecode(batch) is { } decoded)
            {
                yield return decoded;
            }
            else
            {
                damage.Add(points);
            }
        }
    }

    /// <summary>Returns the number of points in a segment, including those of damaged records whose headers are intact.</summary>
    public static long CountPoints(Stream stream)
    {
        SegmentDamage damage = new();
        long points = ReadBatches(stream, damage).Sum(record => (long)record.Points);
        return points + damage.Points;
    }

    private static IEnumerable<(int Points, byte[] Batch)> ReadBatches(Stream stream, SegmentDamage damage)
    {
        long place = PlaceOfFirst(stream, damage);
        while (place < stream.Length)
        {
            if (ReadHeader(stream, place) is not Header header)
            {
                damage.Add(points: null);
                place = FindNext(stream, place + 1);
                continue;
            }

            long begin = place + HeaderSize;
            if (stream.Length - begin < header.Length)
            {
                damage.Add(header.Points);
                yield break;
            }

            if (ReadBatch(stream, begin, header) is byte[] batch)
            {
                yield return (header.Points, batch);
            }
            else
            {
                damage.Add(header.Points);
            }

            place = begin + header.Length;
        }
    }

    private static IReadOnlyList<Point>? TryDecode(byte[] batch)
    {
        try
        {
            return SpoolCodec.Decode(batch);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    // A file that ends within the signature was only just created: it holds no points that could be lost.
    private static long PlaceOfFirst(Stream stream, SegmentDamage damage)
    {
        byte[] mark = new byte[Mark.Length];
        stream.Position = 0;
        int read = stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
        if (Mark.StartsWith(mark.AsSpan(0, read)))
        {
            return read;
        }

        damage.Add(points: null);
        return ReadHeader(stream, Mark.Length) is null ? FindNext(stream, 0) : Mark.Length;
    }

    // Null if the bytes aren't a header: truncated, or with a wrong checksum.
    private static Header? ReadHeader(Stream stream, long place)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        stream.Position = place;
        return stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize ? null : Parse(header);
    }

    private static Header? Parse(ReadOnlySpan<byte> header)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        return length > 0 && BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) == Checksum(header[..SummedSize])
            ? new Header(length, BinaryPrimitives.ReadInt32LittleEndian(header[4..]), BinaryPrimitives.ReadUInt32LittleEndian(header[12..]))
            : null;
    }

    private static byte[]? ReadBatch(Stream stream, long begin, Header header)
    {
        byte[] batch = new byte[header.Length];
        stream.Position = begin;
        stream.ReadExactly(batch);
        return Checksum(batch) == header.BatchSum ? batch : null;
    }

    // Returns the next position with a valid header and batch; the end of the stream if there is none.
    private static long FindNext(Stream stream, long from)
    {
        byte[] buffer = new byte[SearchSize];
        for (long place = from; ; place += SearchSize - HeaderSize + 1)
        {
            stream.Position = place;
            int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            for (int i = 0; i + HeaderSize <= read; i++)
            {
                if (Parse(buffer.AsSpan(i, HeaderSize)) is Header header
                    && stream.Length - (place + i + HeaderSize) >= header.Length
                    && ReadBatch(stream, place + i + HeaderSize, header) is not null)
                {
                    return place + i;
                }
            }

            if (read < buffer.Length)
            {
                return stream.Length;
            }
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }

    private sealed record Header(int Length, int Points, uint BatchSum);
}

/// <summary>The damage found in a segment.</summary>
internal sealed class SegmentDamage
{
    /// <summary>The number of damaged places: a record each, or several adjacent records whose boundaries are lost.</summary>
    public int Count { get; private set; }

    /// <summary>The number of points in damaged records, as far as their headers are intact.</summary>
    public long Points { get; private set; }

    /// <summary>Adds a damaged place.</summary>
    /// <param name="points">The number of points that were in it; null if unknown.</param>
    public void Add(int? points)
    {
        Count++;
        Points += Math.Max(points ?? 0, 0);
    }
}
