using System.Diagnostics;
using VmStats.IO;

namespace VmStats.Hypervisors.Simulated;

/// <summary>A running dump of a simulated VM's memory.</summary>
/// <param name="vm">The VM.</param>
/// <param name="rate">MiB per second; null for no limit.</param>
/// <param name="moment">The time at which the VM was paused for it, in seconds since the fleet's epoch.</param>
internal sealed class SimulatedDump(SimulatedVm vm, double? rate, double moment)
{
    private const int ChunkBytes = 1 << 20;

    private long _processed;

    /// <summary>The time at which the VM was paused for it, in seconds since the fleet's epoch.</summary>
    public double Moment => moment;

    /// <summary>The progress of the dump.</summary>
    public CoreDumpProgress Progress => new(vm.MemoryBytes + ElfCore.BiosBytes, Interlocked.Read(ref _processed));

    /// <summary>
    /// Writes the ELF core to a file (created with mode 0600, or overwritten, as libvirt does) or a FIFO (opening it
    /// waits for a reader). A file that couldn't be completed is removed.
    /// </summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        bool isPartialFile = false;
        try
        {
            // Opening a FIFO blocks until a reader opens it, so it must not run on a thread-pool thread.
            FileStream stream = await Task.Factory
                .StartNew(() => Open(path), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
            isPartialFile = stream.CanSeek;
            await using (stream.ConfigureAwait(false))
            {
                await WriteAsync(stream, cancellationToken).ConfigureAwait(false);
            }

            isPartialFile = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(e, path);
        }
        finally
        {
            if (isPartialFile)
            {
                RemovePartialFile(path);
            }
        }
    }

    private static FileStream Open(string path)
    {
        // A FIFO must be opened without a lock and without truncation; .NET would try both.
        FileMode mode = File.Exists(path) ? FileMode.Open : FileMode.CreateNew;
        FileStream stream = new(path, UnixFiles.Options(mode, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete));
        if (stream.CanSeek)
        {
            stream.SetLength(0);
        }

        return stream;
    }

    private async Task WriteAsync(FileStream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(ElfCore.Header(vm), cancellationToken).ConfigureAwait(false);
        MemoryImage image = new(vm);
        byte[] chunk = new byte[ChunkBytes];
        long start = Stopwatch.GetTimestamp();
        for (long offset = 0; offset < vm.MemoryBytes; offset += ChunkBytes)
        {
            image.Fill(chunk, offset);
            await stream.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _processed, ChunkBytes);
            await KeepRateAsync(start, cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(MemoryImage.Bios(), cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _processed, ElfCore.BiosBytes);
    }

    private async Task KeepRateAsync(long start, CancellationToken cancellationToken)
    {
        if (rate is double limit)
        {
            TimeSpan due = TimeSpan.FromSeconds(Interlocked.Read(ref _processed) / (limit * (1 << 20)));
            TimeSpan early = due - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static VmStatsException Explain(Exception e, string path) =>
        e is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException or PathTooLongException
            ? HypervisorErrors.DumpPathNotWritable(path, e.Message, e)
            : e.Message.Contains("Broken pipe", StringComparison.OrdinalIgnoreCase)
                ? HypervisorErrors.DumpStreamClosed(path, e)
                : e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase)
                    ? HypervisorErrors.DiskFull(path, e.Message, e)
                    : HypervisorErrors.DumpPathNotWritable(path, e.Message, e);

    private static void RemovePartialFile(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The original error is more useful than this one.
        }
    }
}
