using System.Diagnostics;
using VmStats.Dumps.State;
using VmStats.Hypervisors;
using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>
/// Watches a running dump, several times a second, for cancellation from here or from another process, for its time
/// limit and for free disk space; reports its progress, and saves it in the state file for other processes.
/// </summary>
internal sealed class DumpMonitor(
    MemoryDumpRequest request,
    PinnedFolder folder,
    DumpStateFile state,
    IProgress<MemoryDumpProgress>? listener,
    CancellationToken cancellationToken)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_stateInterval = TimeSpan.FromMilliseconds(500);

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _lastState;

    /// <summary>The phase that the dump is in.</summary>
    public MemoryDumpPhase Phase { get; set; } = MemoryDumpPhase.Starting;

    /// <summary>The path of the <c>Rendezvous</c> folder, saved so that it can be removed after a crash.</summary>
    public string? Rendezvous
    {
        set => state.Update(current => current with { Rendezvous = value });
    }

    /// <summary>Watches until the reader has ended.</summary>
    /// <returns>The exception that stopped the reader; null if it reached the end of the image.</returns>
    public async Task<Exception?> WatchAsync(DumpReader reader, DumpPipeline pipeline, Task call)
    {
        while (!reader.Completion.IsCompleted)
        {
            if (call.IsCompleted)
            {
                reader.OnCallEnded();
            }

            if ((GetStopReason() ?? (call.IsFaulted ? call.Exception!.InnerException : null)) is Exception why)
            {
                reader.Stop(why);
            }

            if (reader.Bytes > 0 && Phase == MemoryDumpPhase.Starting)
            {
                Phase = MemoryDumpPhase.Capturing;
            }

            Report(reader, pipeline);
            await Task.WhenAny(reader.Completion, Task.Delay(s_interval, CancellationToken.None)).ConfigureAwait(false);
        }

        Report(reader, pipeline);
        return reader.Completion.Exception?.InnerException;
    }

    /// <summary>Watches a call that writes a raw file. The call can't be aborted: a stop takes effect when it returns.</summary>
    /// <returns>The exception that stopped the dump; null if the call succeeded.</returns>
    public async Task<Exception?> WatchCallAsync(IHypervisor hypervisor, Task call)
    {
        Exception? why = null;
        while (!call.IsCompleted)
        {
            why ??= GetStopReason();
            CoreDumpProgress? progress = await TryGetProgressAsync(hypervisor).ConfigureAwait(false);
            Publish(progress?.ProcessedBytes ?? 0, progress?.TotalBytes, 0, Stopwatch.GetElapsedTime(_started));
            await Task.WhenAny(call, Task.Delay(s_interval, CancellationToken.None)).ConfigureAwait(false);
        }

        return why ?? GetStopReason();
    }

    private async Task<CoreDumpProgress?> TryGetProgressAsync(IHypervisor hypervisor)
    {
        try
        {
            return await hypervisor.GetDumpProgressAsync(request.Vm.Uuid, CancellationToken.None).ConfigureAwait(false);
        }
        catch (VmStatsException)
        {
            // The dump call itself will report the error.
            return null;
        }
    }

    private Exception? GetStopReason()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        if (state.IsCancelRequested)
        {
            return DumpErrors.Cancelled(request.Vm.Name);
        }

        if (request.Timeout is TimeSpan limit && Stopwatch.GetElapsedTime(_started) > limit)
        {
            return DumpErrors.TimedOut(request.Vm.Name, limit);
        }

        return folder.FreeBytes < request.ReserveBytes ? DumpErrors.DiskFull(folder.FullPath) : null;
    }

    private void Report(DumpReader reader, DumpPipeline pipeline) =>
        Publish(reader.Bytes, reader.Layout?.TotalBytes, pipeline.StoredBytes, reader.SinceFirstByte);

    private void Publish(long processed, long? total, long stored, TimeSpan? sinceFirst)
    {
        MemoryDumpProgress progress = new()
        {
            DumpId = state.Current.DumpId,
            Name = request.Vm.Name,
            Uuid = request.Vm.Uuid,
            Phase = Phase,
            ProcessedBytes = processed,
            TotalBytes = total,
            StoredBytes = stored,
            Elapsed = Stopwatch.GetElapsedTime(_started),
            MegabytesPerSecond = sinceFirst is TimeSpan time && time > TimeSpan.Zero ? processed / 1e6 / time.TotalSeconds : null,
        };
        listener?.Report(progress);
        if (_lastState == 0 || Stopwatch.GetElapsedTime(_lastState) > s_stateInterval)
        {
            _lastState = Stopwatch.GetTimestamp();
            state.Update(current => current.With(progress));
        }
    }
}
