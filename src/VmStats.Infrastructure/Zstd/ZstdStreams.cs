using ZstdSharp;
using ZstdSharp.Unsafe;

namespace VmStats.Infrastructure.Zstd;

/// <summary>Makes Zstandard compressors.</summary>
internal static class ZstdStreams
{
    /// <summary>Large enough to pass a whole block in one call, small enough to stay in the CPU cache.</summary>
    public const int BufferSize = 1 << 18;

    /// <summary>Creates a stream that compresses into <paramref name="destination"/>, with a checksum in each frame.</summary>
    public static Stream CreateCompressor(Stream destination, int level)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 19);
        CompressionStream stream = new(destination, level, BufferSize, leaveOpen: true);
        stream.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return stream;
    }
}
