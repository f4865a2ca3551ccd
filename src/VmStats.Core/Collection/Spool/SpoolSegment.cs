using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using VmStats.Data;

namespace VmStats.Collection.Spool;

/// <summary>
/// A file of records: a mark, then records of four bytes length, four bytes number of points, four bytes CRC-32C of
/// what precedes and follows, and the batch. Each is on the disk before the append returns; one that a crash cut off is passed over.
/// </summary>
internal static class SpoolSegment
{
    public const string Extension = ".segment";
    public const int HeaderSize = 12;

    // No batch comes near it: a length beyond it is damage, not a reason to allocate.
    private const int LongestRecord = 256 * 1024 * 1024;

    /// <summary>The mark that a segment begins with.</summary>
    public static ReadOnlySpan<byte> Mark => "VMSPOOL1"u8;

    /// <summary>A record: header and batch in one.</summary>
    public static byte[] Frame(byte[] batch, int points)
    {
        byte[] record = new byte[HeaderSize + batch.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, batch.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), points);
        batch.CopyTo(record, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, 8), batch));
        return record;
    }

    /// <summary>Reads the records of a segment, one batch at a time, until its end or the first damage.</summary>
    /// <param name="stream">The segment, at its start.</param>
    /// <param name="damage">What ended it, once it has been read.</param>
    public static IEnumerable<IReadOnlyList<Point>> Read(Stream stream, SegmentDamage damage)
    {
        byte[] mark = new byte[Mark.Length];
        if (stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length)
        {
            damage.IsTorn = stream.Length > 0;
            yield break;
        }

        if (!Mark.SequenceEqual(mark))
        {
            damage.IsCorrupt = true;
            yield break;
        }

        while (ReadRecord(stream, damage) is byte[] batch)
        {
            IReadOnlyList<Point> points;
            try
            {
                points = SpoolCodec.Decode(batch);
            }
            catch (InvalidDataException)
            {
                damage.IsCorrupt = true;
                yield break;
            }

            yield return points;
        }
    }

    /// <summary>How many points a segment holds, by its records' headers.</summary>
    public static long CountPoints(Stream stream)
    {
        long points = 0;
        byte[] header = new byte[HeaderSize];
        stream.Position = Mark.Length;
        while (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) == HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length < 0 || stream.Position + length > stream.Length)
            {
                break;
            }

            points += BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4));
            stream.Position += length;
        }

        return points;
    }

    private static byte[]? ReadRecord(Stream stream, SegmentDamage damage)
    {
        byte[] header = new byte[HeaderSize];
        int read = stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false);
        if (read < HeaderSize)
        {
            damage.IsTorn = read > 0;
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > LongestRecord)
        {
            damage.IsCorrupt = true;
            return null;
        }

        if (stream.Length - stream.Position < length)
        {
            damage.IsTorn = true;
            return null;
        }

        byte[] batch = new byte[length];
        stream.ReadExactly(batch);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) != Checksum(header.AsSpan(0, 8), batch))
        {
            // A crash can leave zeros where the last record was to be; damage further in is something else.
            damage.IsTorn = stream.Position == stream.Length;
            damage.IsCorrupt = !damage.IsTorn;
            return null;
        }

        return batch;
    }

    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> batch)
    {
        uint crc = Crc(uint.MaxValue, header);
        return ~Crc(crc, batch);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return crc;
    }
}

/// <summary>What is wrong with the end of a segment.</summary>
internal sealed class SegmentDamage
{
    /// <summary>The last record was cut off, as a crash leaves it.</summary>
    public bool IsTorn { get; set; }

    /// <summary>It was damaged further in; what follows can't be read.</summary>
    public bool IsCorrupt { get; set; }
}
