using System.Buffers.Binary;

namespace VmStats.Dumps.Image;

/// <summary>A segment of guest memory in an ELF core.</summary>
/// <param name="Offset">Its offset in the core.</param>
/// <param name="PhysicalAddress">Its physical address in the guest.</param>
/// <param name="FileBytes">Its size in the core.</param>
/// <param name="MemoryBytes">Its size in the guest.</param>
internal readonly record struct ElfSegment(long Offset, long PhysicalAddress, long FileBytes, long MemoryBytes);

/// <summary>The contents of an ELF core's header: 32 or 64 bits, either byte order, also with more than 65,534 segments.</summary>
/// <param name="Segments">The memory segments, in order of offset.</param>
/// <param name="TotalBytes">The length that the core must have.</param>
internal sealed record ElfLayout(IReadOnlyList<ElfSegment> Segments, long TotalBytes)
{
    private const int CoreType = 4;
    private const uint LoadSegment = 1;
    private const ushort CountIsElsewhere = 0xffff;

    /// <summary>Bytes of guest memory in the core.</summary>
    public long MemoryBytes => Segments.Sum(segment => segment.FileBytes);

    /// <summary>Parses the header in a core's first bytes.</summary>
    /// <returns>Null if it is not an ELF core, or its program header table isn't within these bytes.</returns>
    public static ElfLayout? TryParse(ReadOnlySpan<byte> start)
    {
        if (start.Length < 64 || !start[..4].SequenceEqual("\u007fELF"u8) || start[4] is not (1 or 2) || start[5] is not (1 or 2))
        {
            return null;
        }

        Reader reader = new(start, is64: start[4] == 2, isBig: start[5] == 2);
        return reader.UInt16(16) == CoreType ? ReadSegments(reader) : null;
    }

    private static ElfLayout? ReadSegments(Reader reader)
    {
        bool is64 = reader.Is64;
        long table = reader.Address(is64 ? 32 : 28);
        int entry = reader.UInt16(is64 ? 54 : 42);
        long count = reader.UInt16(is64 ? 56 : 44);
        if (count == CountIsElsewhere)
        {
            // The true count is sh_info of the first section.
            long section = reader.Address(is64 ? 40 : 32);
            if (!reader.Has(section, is64 ? 64 : 40))
            {
                return null;
            }

            count = reader.UInt32((int)section + (is64 ? 44 : 28));
        }

        if (count == 0 || entry < (is64 ? 56 : 32) || !reader.Has(table, count * entry))
        {
            return null;
        }

        List<ElfSegment> segments = [];
        long total = table + (count * entry);
        for (int i = 0; i < count; i++)
        {
            int at = (int)table + (i * entry);
            ElfSegment segment = new(
                reader.Address(at + (is64 ? 8 : 4)),
                reader.Address(at + (is64 ? 24 : 12)),
                reader.Address(at + (is64 ? 32 : 16)),
                reader.Address(at + (is64 ? 40 : 20)));
            if (segment.Offset < 0 || segment.FileBytes < 0 || segment.PhysicalAddress < 0
                || Math.Max(segment.Offset, segment.PhysicalAddress) > long.MaxValue - segment.FileBytes)
            {
                return null;
            }

            total = Math.Max(total, segment.Offset + segment.FileBytes);
            if (reader.UInt32(at) == LoadSegment)
            {
                segments.Add(segment);
            }
        }

        return new ElfLayout(segments.OrderBy(segment => segment.Offset).ToArray(), total);
    }

    private readonly ref struct Reader(ReadOnlySpan<byte> bytes, bool is64, bool isBig)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly bool _isBig = isBig;

        public bool Is64 { get; } = is64;

        public bool Has(long offset, long length) => offset >= 0 && length >= 0 && offset <= _bytes.Length - length;

        public ushort UInt16(int at) => _isBig
            ? BinaryPrimitives.ReadUInt16BigEndian(_bytes[at..])
            : BinaryPrimitives.ReadUInt16LittleEndian(_bytes[at..]);

        public uint UInt32(int at) => _isBig
            ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[at..])
            : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]);

        public long Address(int at) => !Is64 ? UInt32(at) : _isBig
            ? BinaryPrimitives.ReadInt64BigEndian(_bytes[at..])
            : BinaryPrimitives.ReadInt64LittleEndian(_bytes[at..]);
    }
}
