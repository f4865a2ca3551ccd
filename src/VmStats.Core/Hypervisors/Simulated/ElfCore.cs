using System.Buffers.Binary;

namespace VmStats.Hypervisors.Simulated;

/// <summary>The headers of an ELF64 core as QEMU writes them: one NOTE segment, one LOAD segment for RAM and one for the BIOS.</summary>
internal static class ElfCore
{
    /// <summary>Size of the BIOS segment.</summary>
    public const int BiosBytes = 256 << 10;

    private const ulong BiosAddress = 0xFFFC0000;
    private const int HeaderBytes = 64;
    private const int SegmentBytes = 56;
    private const int Segments = 3;
    private const int StatusBytes = 336;
    private const int CpuStateBytes = 440;
    private const uint Load = 1;
    private const uint Note = 4;

    /// <summary>Returns everything before the bytes of RAM.</summary>
    public static byte[] Header(SimulatedVm vm)
    {
        byte[] notes = Notes(vm);
        ulong noteStart = HeaderBytes + (SegmentBytes * Segments);
        ulong ramStart = noteStart + (ulong)notes.Length;
        byte[] header = new byte[ramStart];
        WriteElfHeader(header);
        WriteSegment(header, 0, Note, noteStart, 0, (ulong)notes.Length);
        WriteSegment(header, 1, Load, ramStart, 0, (ulong)vm.MemoryBytes);
        WriteSegment(header, 2, Load, ramStart + (ulong)vm.MemoryBytes, BiosAddress, BiosBytes);
        notes.CopyTo(header, (int)noteStart);
        return header;
    }

    private static void WriteElfHeader(Span<byte> header)
    {
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 4);     // ET_CORE
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], 62);    // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);     // EV_CURRENT
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], SegmentBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], Segments);
    }

    private static void WriteSegment(Span<byte> header, int index, uint type, ulong offset, ulong address, ulong size)
    {
        Span<byte> segment = header.Slice(HeaderBytes + (SegmentBytes * index), SegmentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(segment, type);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], size);
    }

    // For each vCPU an NT_PRSTATUS note named CORE; then for each vCPU a note named QEMU with its registers.
    private static byte[] Notes(SimulatedVm vm)
    {
        using MemoryStream notes = new();
        for (int cpu = 0; cpu < vm.Role.Cpus; cpu++)
        {
            byte[] status = new byte[StatusBytes];
            BinaryPrimitives.WriteInt32LittleEndian(status.AsSpan(32), cpu + 1);
            WriteNote(notes, "CORE\0"u8, 1, status);
        }

        for (int cpu = 0; cpu < vm.Role.Cpus; cpu++)
        {
            byte[] state = new byte[CpuStateBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(state, 1);
            BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(4), CpuStateBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(8), SeededHash.Bits(vm.Seed, 900 + cpu));
            WriteNote(notes, "QEMU\0"u8, 0, state);
        }

        return notes.ToArray();
    }

    private static void WriteNote(MemoryStream notes, ReadOnlySpan<byte> name, uint type, byte[] description)
    {
        Span<byte> head = stackalloc byte[20];
        head.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)name.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)description.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], type);
        name.CopyTo(head[12..]);
        notes.Write(head);
        notes.Write(description);
    }
}
