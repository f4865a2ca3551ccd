using System.Buffers.Binary;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Image;

/// <summary>
/// Writes each block as a Zstandard frame; consecutive frames are one valid file. A frame of zeros is encoded directly,
/// without the compressor.
/// </summary>
internal sealed class ZstdBlockCompressor(IInfrastructure infrastructure, int level) : BlockCompressor
{
    private const int RunLengthLimit = 128 * 1024;

    public override CompressedBlock Compress(ReadOnlySpan<byte> raw, bool isZero)
    {
        if (isZero)
        {
            byte[] frame = ZeroFrame(raw.Length);
            return new CompressedBlock(frame, 0, frame.Length, raw.Length, 0, IsPooled: false);
        }

        byte[] output = RentOutput(raw.Length);
        MemoryStream stream = new(output);
        using (Stream zstd = infrastructure.CreateZstdCompressor(stream, level))
        {
            zstd.Write(raw);
        }

        return new CompressedBlock(output, 0, (int)stream.Position, raw.Length, 0, IsPooled: true);
    }

    // RFC 8878: magic number, frame header descriptor (single segment, four bytes of size), the size, run-length blocks of a single zero byte each.
    private static byte[] ZeroFrame(int length)
    {
        int blocks = (length + RunLengthLimit - 1) / RunLengthLimit;
        byte[] frame = new byte[9 + (4 * blocks)];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, 0xFD2FB528);
        frame[4] = 0xA0;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(5), length);
        for (int i = 0; i < blocks; i++)
        {
            int size = Math.Min(RunLengthLimit, length - (i * RunLengthLimit));
            int last = i == blocks - 1 ? 1 : 0;

            // The low three bytes are the block header, the fourth is the byte to repeat.
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(9 + (4 * i)), (size << 3) | (1 << 1) | last);
        }

        return frame;
    }
}
