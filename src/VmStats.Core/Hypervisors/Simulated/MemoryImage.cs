using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace VmStats.Hypervisors.Simulated;

/// <summary>
/// The memory of a simulated VM: of every twenty blocks of 64 KiB, nine are zero, three are text, six resemble machine
/// code and two are random, in an order derived from the VM's seed; plus a marker, <c>VMSTATS-SIM-uuid</c>, at one and
/// two MiB.
/// </summary>
internal sealed class MemoryImage(SimulatedVm vm)
{
    /// <summary>The prefix of the marker.</summary>
    public const string MarkerPrefix = "VMSTATS-SIM-";

    private const int BlockBytes = 64 << 10;
    private const int PageBytes = 4 << 10;
    private const int BlocksPerGroup = 20;
    private const int ZeroBlocks = 9;
    private const int TextBlocks = 3;
    private const int CodeBlocks = 6;
    private const int PoolBytes = 4 << 20;

    private static readonly Lazy<byte[]> s_text = new(MakeText);
    private static readonly Lazy<byte[]> s_code = new(MakeCode);

    private readonly byte[] _marker = Encoding.ASCII.GetBytes($"{MarkerPrefix}{vm.Uuid:D}\0");

    /// <summary>The BIOS segment: code, the same for all VMs.</summary>
    public static ReadOnlyMemory<byte> Bios() => s_code.Value.AsMemory(0, ElfCore.BiosBytes);

    /// <summary>Fills a buffer, a whole number of blocks, with the memory from an offset on.</summary>
    public void Fill(Span<byte> memory, long offset)
    {
        for (int at = 0; at < memory.Length; at += BlockBytes)
        {
            FillBlock(memory.Slice(at, BlockBytes), (offset + at) / BlockBytes);
        }

        if (offset is 1 << 20 or 2 << 20)
        {
            _marker.CopyTo(memory);
        }
    }

    private void FillBlock(Span<byte> block, long number)
    {
        long group = Math.DivRem(number, BlocksPerGroup, out long position);
        long place = ((position * 7) + (long)(SeededHash.Bits(vm.Seed, group) % BlocksPerGroup)) % BlocksPerGroup;
        if (place < ZeroBlocks)
        {
            block.Clear();
        }
        else if (place < ZeroBlocks + TextBlocks)
        {
            FillFrom(s_text.Value, block, number);
        }
        else if (place < ZeroBlocks + TextBlocks + CodeBlocks)
        {
            FillFrom(s_code.Value, block, number);
        }
        else
        {
            FillRandom(block, number);
        }
    }

    // Copies pages from random positions of a pool; the first eight bytes make each page unique.
    private void FillFrom(byte[] pool, Span<byte> block, long number)
    {
        for (int at = 0; at < block.Length; at += PageBytes)
        {
            ulong bits = SeededHash.Bits(vm.Seed ^ 0x5EED, (number * BlockBytes) + at);
            Span<byte> page = block.Slice(at, PageBytes);
            pool.AsSpan((int)(bits % (PoolBytes - PageBytes)), PageBytes).CopyTo(page);
            BinaryPrimitives.WriteUInt64LittleEndian(page, bits);
        }
    }

    private void FillRandom(Span<byte> block, long number)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(block);
        ulong state = SeededHash.Bits(vm.Seed ^ 0x7A5D, number) | 1;
        for (int i = 0; i < words.Length; i++)
        {
            // xorshift64*
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            words[i] = unchecked(state * 0x2545F4914F6CDD1DUL);
        }
    }

    private static byte[] MakeText()
    {
        string[] words =
        [
            "kernel:", "systemd[1]:", "Started", "Stopped", "session", "of", "user", "root", "GET", "/index.html", "HTTP/1.1",
            "200", "404", "error", "warning", "connection", "from", "10.0.2.15", "port", "accepted", "SELECT", "FROM", "orders",
            "WHERE", "customer", "id", "=", "timeout", "retry", "cache", "miss", "hit", "queue", "worker", "done", "in", "ms",
        ];
        StringBuilder text = new(PoolBytes + 128);
        for (long line = 0; text.Length < PoolBytes; line++)
        {
            text.Append("Nov 24 ").Append(line / 3600 % 24).Append(':').Append(line / 60 % 60).Append(':').Append(line % 60);
            ulong bits = SeededHash.Bits(0x7E87, line);
            for (int word = 0; word < 4 + (int)(bits % 9); word++)
            {
                text.Append(' ').Append(words[SeededHash.Bits(bits, word) % (ulong)words.Length]);
            }

            text.Append(' ').Append(bits & 0xFFFFF).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, PoolBytes));
    }

    private static byte[] MakeCode()
    {
        // The opcodes of common x86-64 instructions; they are followed by an offset or a small number.
        byte[][] instructions =
        [
            [0x48, 0x8B, 0x45], [0x48, 0x89, 0x5C, 0x24], [0xE8], [0x48, 0x83, 0xEC], [0x0F, 0x84], [0x31, 0xC0], [0xC3],
            [0x41, 0x57, 0x41, 0x56], [0x48, 0x8D, 0x3D], [0x85, 0xC0], [0x74], [0xEB], [0x4C, 0x89, 0xE7], [0x5D],
            [0x66, 0x0F, 0x1F, 0x44], [0xF3, 0x0F, 0x1E, 0xFA], [0x8B, 0x05], [0x49, 0x8B, 0x7D], [0xFF, 0x15], [0x75],
        ];
        byte[] code = new byte[PoolBytes];
        int at = 0;
        for (long i = 0; at < code.Length; i++)
        {
            ulong bits = SeededHash.Bits(0xC0DE, i);
            byte[] instruction = instructions[bits % (ulong)instructions.Length];
            int fixedBytes = Math.Min(instruction.Length, code.Length - at);
            instruction.AsSpan(0, fixedBytes).CopyTo(code.AsSpan(at));
            at += fixedBytes;
            int operandBytes = Math.Min(((int)(bits >> 20) & 3) * (int)((bits >> 22) & 1), code.Length - at);
            for (int operand = 0; operand < operandBytes; operand++)
            {
                code[at++] = (byte)(bits >> (24 + (8 * operand)));
            }
        }

        return code;
    }
}
