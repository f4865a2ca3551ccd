using System.Buffers.Binary;
using System.Text;

namespace VmStats.Influx;

/// <summary>
/// Texts that were made of bytes before: the same few names and UUIDs stand in every row. It grows with what comes, up to
/// a bound, beyond which texts push each other out; a text that never comes again does no more harm than that.
/// </summary>
internal sealed class KeptTexts
{
    private const int FirstSize = 256;
    private const int LargestSize = 32 * 1024;
    private const int Probes = 4;
    private Kept[] _kept = new Kept[FirstSize];

    /// <summary>The text of UTF-8 bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isTag">The text was changed for the wire, as a tag's.</param>
    public string Get(ReadOnlySpan<byte> bytes, bool isTag)
    {
        uint hash = Hash(bytes);
        int free = -1;
        for (int probe = 0; probe < Probes; probe++)
        {
            int slot = (int)((hash + probe) & (_kept.Length - 1));
            ref Kept kept = ref _kept[slot];
            if (kept.Bytes is null)
            {
                free = slot;
                break;
            }

            if (kept.Hash == hash && kept.IsTag == isTag && bytes.SequenceEqual(kept.Bytes))
            {
                return kept.Text;
            }
        }

        string text = Encoding.UTF8.GetString(bytes);
        Kept added = new(hash, bytes.ToArray(), isTag ? TagText.Decode(text) : text, isTag);
        while (free < 0 && _kept.Length < LargestSize)
        {
            Grow();
            free = Free(_kept, hash);
        }

        _kept[free >= 0 ? free : (int)(hash & (_kept.Length - 1))] = added;
        return added.Text;
    }

    // Ends and middle tell names and UUIDs apart; whatever they don't is told by comparison.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (uint)bytes.Length * 0x9E3779B97F4A7C15;
        if (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[((bytes.Length - sizeof(ulong)) / 2)..]));
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]));
        }
        else
        {
            foreach (byte b in bytes)
            {
                hash = Mix(hash ^ b);
            }
        }

        return (uint)(hash >> 32);
    }

    // The last letters stand in the highest bits, which a multiplication alone would not carry down.
    private static ulong Mix(ulong hash)
    {
        hash *= 0xBF58476D1CE4E5B9;
        return (hash ^ (hash >> 32)) * 0x94D049BB133111EB;
    }

    private static int Free(Kept[] table, uint hash)
    {
        for (int probe = 0; probe < Probes; probe++)
        {
            int slot = (int)((hash + probe) & (table.Length - 1));
            if (table[slot].Bytes is null)
            {
                return slot;
            }
        }

        return -1;
    }

    private void Grow()
    {
        Kept[] bigger = new Kept[_kept.Length * 2];
        foreach (Kept kept in _kept)
        {
            if (kept.Bytes is not null && Free(bigger, kept.Hash) is >= 0 and int slot)
            {
                bigger[slot] = kept;
            }
        }

        _kept = bigger;
    }

    private readonly record struct Kept(uint Hash, byte[] Bytes, string Text, bool IsTag);
}
