using VmStats.Dumps.State;
using VmStats.Errors;

namespace VmStats.Dumps.Capture;

/// <summary>Lists the dumps on this host that are queued, running or recently ended, in any process of this user; and stops them.</summary>
/// <param name="stateFolder">The folder of state files; null for the default.</param>
internal sealed class MemoryDumpStatusReader(string? stateFolder = null)
{
    private readonly DumpStateStore _states = new(stateFolder ?? MemoryDumpPaths.DefaultStateFolder);

    /// <summary>All dumps of the last seven days, newest first. A dump whose process died is <see cref="MemoryDumpState.Interrupted"/>.</summary>
    public IEnumerable<MemoryDumpStatus> Read() => _states.ReadAll().Select(ToStatus);

    /// <summary>Requests the process that takes the dump to stop it; it does so within a fraction of a second.</summary>
    /// <returns>False when the dump isn't queued or running.</returns>
    public bool RequestCancel(Guid dump)
    {
        if (!IsUnderWay(_states.Find(dump)))
        {
            return false;
        }

        _states.RequestCancel(dump);
        return true;
    }

    /// <summary>Requests the end of a dump, and waits for it.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="limit">Maximum time to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The final status; null when there is no such dump.</returns>
    /// <exception cref="VmStatsException"><c>DumpStopTimeout</c>: the dump is still running after that time.</exception>
    public async Task<MemoryDumpStatus?> CancelAsync(Guid dump, TimeSpan limit, CancellationToken cancellationToken)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        RequestCancel(dump);
        DumpStateData? now;
        while (IsUnderWay(now = _states.Find(dump)))
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new VmStatsException(ErrorIds.DumpStopTimeout, VmStatsErrorKind.Timeout, $"The dump {dump} has not stopped yet.", "Run Get-MemoryDumpStatus again; the hypervisor's call may be stuck.", dump);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken).ConfigureAwait(false);
        }

        // The process may continue for a while, to write the record to the store.
        return now is null ? null : ToStatus(now);
    }

    private static bool IsUnderWay(DumpStateData? data) => data is { State: MemoryDumpState.Queued or MemoryDumpState.Running };

    private static MemoryDumpStatus ToStatus(DumpStateData data)
    {
        bool isRunning = data.State == MemoryDumpState.Running;
        return new MemoryDumpStatus
        {
            DumpId = data.DumpId,
            Name = data.Name,
            Uuid = data.Uuid,
            HypervisorUri = data.HypervisorUri.Length > 0 ? data.HypervisorUri : null,
            HostName = data.HostName.Length > 0 ? data.HostName : null,
            State = data.State,
            Phase = isRunning ? data.Phase : null,
            PercentComplete = data.State == MemoryDumpState.Completed ? 100 : data.TotalBytes is > 0 ? Math.Min(100, data.ProcessedBytes * 100.0 / data.TotalBytes.Value) : null,
            ProcessedBytes = data.ProcessedBytes,
            TotalBytes = data.TotalBytes,
            StoredBytes = data.StoredBytes,
            MegabytesPerSecond = data.MegabytesPerSecond,
            Remaining = isRunning && data.TotalBytes is long total && data.MegabytesPerSecond is > 0.001
                ? TimeSpan.FromSeconds(Math.Max(0, total - data.ProcessedBytes) / (data.MegabytesPerSecond.Value * 1e6))
                : null,
            QueuedAtUtc = data.QueuedAt.UtcDateTime,
            StartedAtUtc = data.StartedAt?.UtcDateTime,
            FinishedAtUtc = data.FinishedAt?.UtcDateTime,
            Duration = data.StartedAt is DateTimeOffset start ? (data.FinishedAt ?? (isRunning ? DateTimeOffset.UtcNow : null)) - start : null,
            Path = data.State is MemoryDumpState.Completed or MemoryDumpState.Running or MemoryDumpState.Queued ? Path.Combine(data.Folder, data.FileName) : null,
            ErrorId = data.ErrorId,
            Message = data.Message,
            ProcessId = data.ProcessId,
        };
    }
}
