using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>Foretells a dump from the VM's own earlier dumps, else from the size of its memory.</summary>
/// <param name="store">Has the earlier dumps; null for none.</param>
internal sealed class MemoryDumpPlanner(ITelemetryStore? store)
{
    private const int HistoryDepth = 10;

    // Rules of thumb, for a VM that was never dumped here: a guest's memory packs to about a third, at about 300 MB/s.
    private const double UsualStoredShare = 0.33;
    private const double UsualMegabytesPerSecond = 300;

    /// <summary>The least that a dump can be expected to need: with less free space it isn't begun.</summary>
    public static long LeastStoredBytes(MemoryDumpRequest request) =>
        request.Compression == MemoryDumpCompression.None ? request.Vm.MaximumMemoryBytes : request.Vm.MaximumMemoryBytes / 16;

    /// <summary>Foretells a dump. A store that can't be reached only makes the foretelling rougher.</summary>
    public async Task<MemoryDumpPlan> PlanAsync(MemoryDumpRequest request, string folder, CancellationToken cancellationToken)
    {
        IReadOnlyList<MemoryDumpRecord> history = await ReadHistoryAsync(request, cancellationToken).ConfigureAwait(false);
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

    private async Task<IReadOnlyList<MemoryDumpRecord>> ReadHistoryAsync(MemoryDumpRequest request, CancellationToken cancellationToken)
    {
        List<MemoryDumpRecord> history = [];
        if (store is null)
        {
            return history;
        }

        MemoryDumpFilter filter = new() { Uuids = [request.Vm.Uuid], States = [MemoryDumpState.Completed] };
        try
        {
            await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(filter, cancellationToken).ConfigureAwait(false))
            {
                if (record.Compression == request.Compression && record.RawBytes is > 0 && record.StoredBytes is not null && record.MegabytesPerSecond is > 0)
                {
                    history.Add(record);
                }

                if (history.Count == HistoryDepth)
                {
                    break;
                }
            }
        }
        catch (VmStatsException)
        {
            history.Clear();
        }

        return history;
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
