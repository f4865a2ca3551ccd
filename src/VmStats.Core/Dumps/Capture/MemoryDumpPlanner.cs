using VmStats.Dumps.Records;
using VmStats.Stores;

namespace VmStats.Dumps.Capture;

/// <summary>Estimates dumps from the VMs' own earlier dumps, or else from the size of their memory.</summary>
/// <param name="store">The store with the earlier dumps; null if the estimate is not going to be shown.</param>
internal sealed class MemoryDumpPlanner(ITelemetryStore? store)
{
    private const int HistoryDepth = 10;

    // A user waits at the screen, and memory is volatile: a rough plan is better than a late one.
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);

    // Rules of thumb for a VM that was never dumped here: a guest's memory compresses to about a third, at about 300 MB/s.
    private const double UsualStoredShare = 0.33;
    private const double UsualMegabytesPerSecond = 300;

    /// <summary>The minimum size that a dump can be expected to have: with less free space it isn't started.</summary>
    public static long MinimumStoredBytes(MemoryDumpRequest request) =>
        request.Compression == MemoryDumpCompression.None ? request.Vm.MaximumMemoryBytes : request.Vm.MaximumMemoryBytes / 16;

    /// <summary>Estimates dumps by one query for all VMs. A store that can't be reached, or is slow, only makes the estimate rougher.</summary>
    /// <param name="requests">The dumps.</param>
    /// <param name="folder">The folder that they go to.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The estimates, in the order of the requests.</returns>
    public async Task<IReadOnlyList<MemoryDumpPlan>> PlanAsync(IReadOnlyList<MemoryDumpRequest> requests, string folder, CancellationToken cancellationToken)
    {
        Dictionary<Guid, List<MemoryDumpRecord>> history = await ReadHistoryAsync(requests, cancellationToken).ConfigureAwait(false);
        return [.. requests.Select(request => Plan(request, folder, history.GetValueOrDefault(request.Vm.Uuid, [])))];
    }

    private static MemoryDumpPlan Plan(MemoryDumpRequest request, string folder, List<MemoryDumpRecord> history)
    {
        long raw = Math.Max(request.Vm.MaximumMemoryBytes, history.Count > 0 ? history[0].RawBytes!.Value : 0);
        double share = request.Compression == MemoryDumpCompression.None ? 1
            : history.Count > 0 ? history.Average(record => (double)record.StoredBytes!.Value / record.RawBytes!.Value)
            : UsualStoredShare;
        double rate = history.Count > 0 ? history.Average(record => record.MegabytesPerSecond!.Value) : UsualMegabytesPerSecond;
        TimeSpan duration = TimeSpan.FromSeconds(raw / 1e6 / rate);
        double pauseShare = history.Where(record => record.PauseTime is not null)
            .Select(record => record.PauseTime!.Value / record.Duration!.Value)
            .DefaultIfEmpty(1)
            .Average();
        return new MemoryDumpPlan
        {
            Name = request.Vm.Name,
            Uuid = request.Vm.Uuid,
            Folder = Path.GetFullPath(folder),
            Compression = request.Compression,
            Flags = MemoryDumpPaths.NameOf(request.Options),
            RawBytes = raw,
            StoredBytes = (long)(raw * share),
            Duration = duration,
            PauseTime = request.Vm.State == VmState.Running ? duration * pauseShare : null,
            FreeBytes = FreeBytes(folder),
            HistoryCount = history.Count,
        };
    }

    private async Task<Dictionary<Guid, List<MemoryDumpRecord>>> ReadHistoryAsync(IReadOnlyList<MemoryDumpRequest> requests, CancellationToken cancellationToken)
    {
        Dictionary<Guid, List<MemoryDumpRecord>> history = [];
        if (store is null || requests.Count == 0)
        {
            return history;
        }

        Dictionary<Guid, MemoryDumpRequest> pending = requests.DistinctBy(request => request.Vm.Uuid).ToDictionary(request => request.Vm.Uuid);
        MemoryDumpFilter filter = new() { Uuids = pending.Keys, States = [MemoryDumpState.Completed] };
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_timeout);
        try
        {
            await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(filter, timeout.Token).ConfigureAwait(false))
            {
                Add(history, pending, record);
                if (pending.Count == 0)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is VmStatsException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The records read so far are valid, and they are the newest.
        }

        return history;
    }

    // Records arrive newest first; a VM that has enough of them is removed from the pending ones.
    private static void Add(Dictionary<Guid, List<MemoryDumpRecord>> history, Dictionary<Guid, MemoryDumpRequest> pending, MemoryDumpRecord record)
    {
        if (record.Uuid is not Guid vm || !pending.TryGetValue(vm, out MemoryDumpRequest? request) || record.Compression != request.Compression
            || record is not { RawBytes: > 0, StoredBytes: not null, MegabytesPerSecond: > 0 })
        {
            return;
        }

        if (!history.TryGetValue(vm, out List<MemoryDumpRecord>? ofVm))
        {
            history.Add(vm, ofVm = []);
        }

        ofVm.Add(record);
        if (ofVm.Count == HistoryDepth)
        {
            pending.Remove(vm);
        }
    }

    // For a folder that doesn't exist yet: the free space on the disk of its nearest existing parent.
    private static long? FreeBytes(string folder)
    {
        string? existing = Path.GetFullPath(folder);
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        return existing is null ? null : new DriveInfo(existing).AvailableFreeSpace;
    }
}
