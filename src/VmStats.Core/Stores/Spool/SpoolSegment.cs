using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using VmStats.Data;

namespace VmStats.Stores.Spool;

/// <summary>
/// A file of records: a mark, then records of four bytes length, four bytes number of points, four bytes CRC-32C of these
/// eight, four bytes CRC-32C of the batch, and the batch. Each is on the disk before the append returns; one that a crash
/// cut off is passed over. The header has a sum of its own, so that a damaged length is not taken for the end.
/// </summary>
internal static class SpoolSegment
{
    public const string Extension = ".segment";
    public const int HeaderSize = 16;

    /// <summary>The mark that a segment begins with.</summary>
    public static ReadOnlySpan<byte> Mark => "VMSPOOL1"u8;

    /// <summary>A record: header and batch in one.</summary>
    public static byte[] Frame(byte[] batch, int points)
    {
        byte[] record = new byte[HeaderSize + batch.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, batch.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), points);
        batch.CopyTo(record, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, 8)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), Checksum(batch));
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

        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) != Checksum(header.AsSpan(0, 8)))
        {
            // A crash can leave zeros where the last record was to be; anything else is damage.
            damage.IsTorn = !header.AsSpan().ContainsAnyExcept((byte)0) && IsZeroToTheEnd(stream);
            damage.IsCorrupt = !damage.IsTorn;
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (stream.Length - stream.Position < (uint)length)
        {
            damage.IsTorn = true;
            return null;
        }

        byte[] batch = new byte[length];
        stream.ReadExactly(batch);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)) != Checksum(batch))
        {
            damage.IsTorn = stream.Position == stream.Length;
            damage.IsCorrupt = !damage.IsTorn;
            return null;
        }

        return batch;
    }

    private static bool IsZeroToTheEnd(Stream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
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
}

/// <summary>What is wrong with the end of a segment.</summary>
internal sealed class SegmentDamage
{
    /// <summary>The last record was cut off, as a crash leaves it.</summary>
    public bool IsTorn { get; set; }

    /// <summary>It was damaged further in; what follows can't be read.</summary>
    public bool IsCorrupt { get; set; }
}
