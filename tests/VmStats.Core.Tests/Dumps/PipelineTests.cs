using System.Security.Cryptography;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Image;

namespace VmStats.Core.Tests.Dumps;

/// <summary>What goes into the pipeline comes out of the file, however little memory it has and whenever it works.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly VmStats.Infrastructure.Infrastructure _infrastructure = new();

    [Theory]
    [InlineData(MemoryDumpCompression.None, false)]
    [InlineData(MemoryDumpCompression.None, true)]
    [InlineData(MemoryDumpCompression.Gzip, false)]
    [InlineData(MemoryDumpCompression.Gzip, true)]
    [InlineData(MemoryDumpCompression.Zstd, false)]
    [InlineData(MemoryDumpCompression.Zstd, true)]
    public async Task Hashes_and_bytes_are_right_with_few_buffers_for_many_blocks(MemoryDumpCompression compression, bool workLater)
    {
        byte[] raw = Image();
        PipelineResult result = await Task.Run(() => Feed(raw, compression, buffers: 6, workLater)).WaitAsync(TimeSpan.FromMinutes(1));
        await CheckAsync(raw, result);
    }

    [Fact]
    public async Task Where_all_fits_nothing_is_written_until_all_has_come()
    {
        byte[] raw = Image();
        using FileStream file = new(_path, FileMode.Create);
        using DumpPipeline pipeline = new(file.SafeFileHandle, new GzipBlockCompressor(1), workers: 2, bufferBytes: raw.Length + DumpPipeline.BlockBytes, workLater: true);
        Submit(pipeline, raw);
        Assert.Equal(0, pipeline.StoredBytes);
        await CheckAsync(raw, await Task.Run(pipeline.Complete).WaitAsync(TimeSpan.FromMinutes(1)));
    }

    public void Dispose() => File.Delete(_path);

    private PipelineResult Feed(byte[] raw, MemoryDumpCompression compression, int buffers, bool workLater)
    {
        BlockCompressor? compressor = compression switch
        {
            MemoryDumpCompression.Gzip => new GzipBlockCompressor(1),
            MemoryDumpCompression.Zstd => new ZstdBlockCompressor(_infrastructure, 1),
            _ => null,
        };
        using FileStream file = new(_path, FileMode.Create);
        using DumpPipeline pipeline = new(file.SafeFileHandle, compressor, workers: 2, (long)buffers * DumpPipeline.BlockBytes, workLater);
        Submit(pipeline, raw);
        return pipeline.Complete();
    }

    private static void Submit(DumpPipeline pipeline, byte[] raw)
    {
        for (int at = 0; at < raw.Length;)
        {
            if (pipeline.TakeBuffer(milliseconds: 50) is not byte[] buffer)
            {
                Assert.Null(pipeline.Failure);
                continue;
            }

            int count = Math.Min(buffer.Length, raw.Length - at);
            raw.AsSpan(at, count).CopyTo(buffer);
            pipeline.Submit(buffer, count);
            at += count;
        }
    }

    private async Task CheckAsync(byte[] raw, PipelineResult result)
    {
        ImageScan scan = await DumpImage.ScanAsync(File.OpenRead(_path), _infrastructure, null, null, default);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(raw)), result.Sha256);
        Assert.Equal((result.Sha256, result.StoredSha256, result.StoredBytes, result.RawBytes), (scan.Sha256, scan.StoredSha256, scan.StoredBytes, scan.RawBytes));
        Assert.Null(scan.Damage);
    }

    // Thirty blocks and a half: runs of zeros, noise, and blocks of zeros but for their last byte.
    private static byte[] Image()
    {
        byte[] image = new byte[(30 * DumpPipeline.BlockBytes) + (DumpPipeline.BlockBytes / 2)];
        Random random = new(7);
        for (int block = 0; block < 30; block++)
        {
            Span<byte> bytes = image.AsSpan(block * DumpPipeline.BlockBytes, DumpPipeline.BlockBytes);
            if (block % 5 == 1)
            {
                random.NextBytes(bytes);
            }
            else if (block % 5 == 3)
            {
                bytes[^1] = 1;
            }
        }

        return image;
    }
}
