using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>Foretells dumps from the VMs' own earlier dumps, else from the size of their memory.</summary>
/// <param name="store">Has the earlier dumps; null where nobody looks at what is foretold.</param>
internal sealed class MemoryDumpPlanner(ITelemetryStore? store)
{
    private const int HistoryDepth = 10;

    // Somebody looks at a screen, and memory is volatile: rather a rough plan than a late one.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // Rules of thumb, for a VM that was never dumped here: a guest's memory packs to about a third, at about 300 MB/s.
    private const double UsualStoredShare = 0.33;
    private const double UsualMegabytesPerSecond = 300;

    /// <summary>The least that a dump can be expected to need: with less free space it isn't begun.</summary>
    public static long LeastStoredBytes(MemoryDumpRequest request) =>
        request.Compression == MemoryDumpCompression.None ? request.Vm.MaximumMemoryBytes : request.Vm.MaximumMemoryBytes / 16;

    /// <summary>Foretells dumps, by one query for all VMs. A store that can't be reached, or takes its time, only makes the foretelling rougher.</summary>
    /// <param name="requests">The dumps.</param>
    /// <param name="folder">The folder that they go to.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>What is foretold, in the order of the requests.</returns>
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

        Dictionary<Guid, MemoryDumpRequest> wanted = requests.DistinctBy(request => request.Vm.Uuid).ToDictionary(request => request.Vm.Uuid);
        MemoryDumpFilter filter = new() { Uuids = wanted.Keys, States = [MemoryDumpState.Completed] };
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(filter, patience.Token).ConfigureAwait(false))
            {
                Add(history, wanted, record);
                if (wanted.Count == 0)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is VmStatsException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // What has come is true: the newest.
        }

        return history;
    }

    // Newest first: a VM that has enough is not wanted any more.
    private static void Add(Dictionary<Guid, List<MemoryDumpRecord>> history, Dictionary<Guid, MemoryDumpRequest> wanted, MemoryDumpRecord record)
    {
        if (record.Uuid is not Guid vm || !wanted.TryGetValue(vm, out MemoryDumpRequest? request) || record.Compression != request.Compression
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
            wanted.Remove(vm);
        }
    }

    // Of a folder that doesn't exist yet, the disk of the nearest one that does.
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
