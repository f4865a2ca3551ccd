using System.Diagnostics;
using System.Security.Cryptography;
using VmStats.MemoryDumps;

namespace VmStats.Benchmarks.Dumps;

/// <summary>Each stage of the pipeline by itself, from memory to nowhere; the one pass should come close to the slowest.</summary>
internal static class StageBenchmark
{
    private const int Runs = 3;

    public static async Task RunAsync(string image, IReadOnlyDictionary<MemoryDumpCompression, double> rates)
    {
        byte[] bytes = await File.ReadAllBytesAsync(image);
        double hash = Best(bytes, () => SHA256.HashData(bytes));
        Console.WriteLine(FormattableString.Invariant($"stage alone: SHA-256 on one core {hash,8:F0} MB/s"));
        Infrastructure.Infrastructure infrastructure = new();
        foreach (MemoryDumpCompression compression in (MemoryDumpCompression[])[MemoryDumpCompression.Zstd, MemoryDumpCompression.Gzip])
        {
            double packed = Best(bytes, () =>
            {
                BlockCompressor compressor = compression == MemoryDumpCompression.Gzip ? new GzipBlockCompressor(1) : new ZstdBlockCompressor(infrastructure, 1);
                Parallel.For(0, (bytes.Length + DumpPipeline.BlockBytes - 1) / DumpPipeline.BlockBytes, i =>
                {
                    int at = i * DumpPipeline.BlockBytes;
                    ReadOnlySpan<byte> block = bytes.AsSpan(at, Math.Min(DumpPipeline.BlockBytes, bytes.Length - at));
                    compressor.Compress(block, SparseWriter.IsZero(block)).Release();
                });
            });
            double slowest = Math.Min(hash, packed);
            Console.WriteLine(FormattableString.Invariant(
                $"stage alone: {compression} on all cores {packed,8:F0} MB/s; the one pass reaches {100 * rates[compression] / slowest:F0} % of the slowest stage"));
        }
    }

    private static double Best(byte[] bytes, Action work)
    {
        double best = double.MaxValue;
        work();
        for (int i = 0; i < Runs; i++)
        {
            long started = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return bytes.Length / 1e6 / best;
    }
}
