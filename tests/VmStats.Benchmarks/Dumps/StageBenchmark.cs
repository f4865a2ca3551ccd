using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Image;
using VmStats.IO;

namespace VmStats.Benchmarks.Dumps;

/// <summary>
/// Each stage of the pipeline by itself. The one pass can be no faster than the slowest of them with all cores to itself, nor
/// than the cores have processor time for all of them: the lower of the two is its bound.
/// </summary>
internal sealed class StageBenchmark(string image, string root, byte[] bytes)
{
    private const int Runs = 3;

    private readonly byte[] _bytes = bytes;

    /// <summary>Prints the stages' rates and processor time, and how close the one pass came to its bound.</summary>
    /// <param name="image">The image; of less than 2 GiB.</param>
    /// <param name="root">A folder for files.</param>
    /// <param name="rates">What the one pass reached, in MB/s.</param>
    public static async Task RunAsync(string image, string root, IReadOnlyDictionary<MemoryDumpCompression, double> rates)
    {
        StageBenchmark stages = new(image, root, await File.ReadAllBytesAsync(image));
        double transport = await stages.TransportAsync();
        Stage hash = Alone(() => SHA256.HashData(stages._bytes));
        double hashRate = stages.Rate(hash.Seconds);
        Console.WriteLine(FormattableString.Invariant($"stage alone: SHA-256 on one core {hashRate,8:F0} MB/s"));
        foreach ((MemoryDumpCompression compression, double rate) in rates)
        {
            stages.Compare(compression, rate, transport, hash.CpuSeconds, hashRate);
        }
    }

    private int Blocks => (_bytes.Length + DumpPipeline.BlockBytes - 1) / DumpPipeline.BlockBytes;

    private void Compare(MemoryDumpCompression compression, double rate, double transport, double hash, double hashRate)
    {
        (double packRate, double pack, byte[] stored) = Pack(compression);
        double storedHash = compression == MemoryDumpCompression.None ? 0 : Alone(() => SHA256.HashData(stored)).CpuSeconds;
        Stage write = Alone(() => Write(stored));
        double sum = transport + hash + pack + storedHash + write.CpuSeconds;
        double slowest = Math.Min(Math.Min(hashRate, packRate), Rate(write.Seconds)), byCores = Rate(sum / Environment.ProcessorCount);
        double bound = Math.Min(slowest, byCores);
        Console.WriteLine(FormattableString.Invariant(
            $"{compression}: pipe {Share(transport)} + hash {Share(hash)} + compression {Share(pack)} + hash of stored {Share(storedHash)} + write {Share(write.CpuSeconds)} = {Share(sum)} CPU s/GiB"));
        Console.WriteLine(FormattableString.Invariant(
            $"{compression}: slowest stage alone, on all cores, {slowest:F0} MB/s (hash {hashRate:F0}, compression {packRate:F0}, write to this disk {Rate(write.Seconds):F0}); {Environment.ProcessorCount} cores allow {byCores:F0} MB/s; the one pass reaches {rate:F0} MB/s, {100 * rate / slowest:F0} % of the slowest stage (at most {100 * bound / slowest:F0} % can be), {100 * rate / bound:F0} % of the bound"));
    }

    // What QEMU does on the same host, and our reading of it, in the way that it is read.
    private async Task<double> TransportAsync()
    {
        const string name = "stage.fifo";
        using PinnedFolder folder = PinnedFolder.Open(root, FolderUse.Write);
        folder.MakePipe(name, UnixFiles.PrivateFile);
        double best = double.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            using FifoSource fifo = new(folder, name);
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Task<Cost> writer = Cost.OfAsync("dd", "if=" + image, "of=" + folder.PathOf(name), "bs=1M", "conv=notrunc", "status=none");
            byte[] buffer = new byte[DumpPipeline.BlockBytes];
            await Task.Run(() =>
            {
                while (fifo.Read(buffer, 1000) != 0)
                {
                }
            });
            double own = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
            best = Math.Min(best, own + (await writer).CpuSeconds);
        }

        return best;
    }

    // On all cores, for the rate; on one, for the processor time and what comes out.
    private (double Rate, double CpuSeconds, byte[] Stored) Pack(MemoryDumpCompression compression)
    {
        if (compression == MemoryDumpCompression.None)
        {
            return (double.PositiveInfinity, 0, _bytes);
        }

        BlockCompressor compressor = compression == MemoryDumpCompression.Gzip
            ? new GzipBlockCompressor(1)
            : new ZstdBlockCompressor(new VmStats.Infrastructure.Infrastructure(), 1);
        Stage onAll = Alone(() => Parallel.For(0, Blocks, i => Compress(compressor, i).Release()));
        MemoryStream stored = new();
        Stage onOne = Alone(() =>
        {
            stored.SetLength(0);
            for (int i = 0; i < Blocks; i++)
            {
                CompressedBlock block = Compress(compressor, i);
                stored.Write(block.Span);
                block.Release();
            }
        });
        return (Rate(onAll.Seconds), onOne.CpuSeconds, stored.ToArray());
    }

    private CompressedBlock Compress(BlockCompressor compressor, int index)
    {
        int at = index * DumpPipeline.BlockBytes;
        ReadOnlySpan<byte> block = _bytes.AsSpan(at, Math.Min(DumpPipeline.BlockBytes, _bytes.Length - at));
        return compressor.Compress(block, SparseWriter.IsZero(block));
    }

    private void Write(byte[] stored)
    {
        string path = Path.Combine(root, "stage.out");
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        for (int at = 0; at < stored.Length; at += DumpPipeline.BlockBytes)
        {
            SparseWriter.Write(file, stored.AsSpan(at, Math.Min(DumpPipeline.BlockBytes, stored.Length - at)), at);
        }

        RandomAccess.FlushToDisk(file);
    }

    private static Stage Alone(Action work)
    {
        Stage best = new(double.MaxValue, double.MaxValue);
        work();
        for (int i = 0; i < Runs; i++)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            long started = Stopwatch.GetTimestamp();
            work();
            best = new Stage(
                Math.Min(best.Seconds, Stopwatch.GetElapsedTime(started).TotalSeconds),
                Math.Min(best.CpuSeconds, (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds));
        }

        return best;
    }

    private double Rate(double seconds) => _bytes.Length / 1e6 / seconds;

    private string Share(double seconds) => FormattableString.Invariant($"{seconds / (_bytes.Length / 1073741824.0):F2}");

    private readonly record struct Stage(double Seconds, double CpuSeconds);
}
