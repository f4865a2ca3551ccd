using System.Buffers.Binary;
using System.Text;

namespace VmStats.Text;

/// <summary>
/// A cache of strings that were decoded from bytes before: the same few names and UUIDs appear in every row. It grows
/// on demand up to a maximum size, beyond which new strings overwrite old ones; strings that never appear again do no
/// other harm.
/// </summary>
internal sealed class StringCache
{
    private const int InitialSize = 256;
    private const int MaximumSize = 32 * 1024;
    private const int Probes = 4;
    private Entry[] _entries = new Entry[InitialSize];

    /// <summary>Returns the string for UTF-8 bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isTag">True if the string is a tag value, whose unsupported characters were substituted for line protocol.</param>
    public string Get(ReadOnlySpan<byte> bytes, bool isTag)
    {
        uint hash = Hash(bytes);
        int free = -1;
        for (int probe = 0; probe < Probes; probe++)
        {
            int slot = (int)((hash + probe) & (_entries.Length - 1));
            ref Entry entry = ref _entries[slot];
            if (entry.Bytes is null)
            {
                free = slot;
                break;
            }

            if (entry.Hash == hash && entry.IsTag == isTag && bytes.SequenceEqual(entry.Bytes))
            {
                return entry.Text;
            }
        }

        string text = Encoding.UTF8.GetString(bytes);
        Entry added = new(hash, bytes.ToArray(), isTag ? TagSubstitutes.Decode(text) : text, isTag);
        while (free < 0 && _entries.Length < MaximumSize)
        {
            Grow();
            free = Free(_entries, hash);
        }

        _entries[free >= 0 ? free : (int)(hash & (_entries.Length - 1))] = added;
        return added.Text;
    }

    // The two ends and the middle usually distinguish names and UUIDs; the remaining collisions are resolved by comparison.
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

    // The last letters are in the highest bits, which a multiplication alone would not propagate to the lower ones.
    private static ulong Mix(ulong hash)
    {
        hash *= 0xBF58476D1CE4E5B9;
        return (hash ^ (hash >> 32)) * 0x94D049BB133111EB;
    }

    private static int Free(Entry[] table, uint hash)
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
        Entry[] larger = new Entry[_entries.Length * 2];
        foreach (Entry entry in _entries)
        {
            if (entry.Bytes is not null && Free(larger, entry.Hash) is >= 0 and int slot)
            {
                larger[slot] = entry;
            }
        }

        _entries = larger;
    }

    private readonly record struct Entry(uint Hash, byte[] Bytes, string Text, bool IsTag);
}
