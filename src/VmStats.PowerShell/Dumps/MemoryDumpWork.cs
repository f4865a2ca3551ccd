using VmStats.Dumps.Capture;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>The confirmed dumps that the command or a job is to take, with the resources to dispose of afterwards.</summary>
internal sealed class MemoryDumpWork : IAsyncDisposable
{
    private readonly List<PlannedDump> _dumps = [];
    private readonly List<IAsyncDisposable> _stores = [];
    private readonly List<MemoryDumper> _engines = [];
    private readonly List<IDisposable> _shared = [];

    /// <summary>True if there are no dumps to take.</summary>
    internal bool IsEmpty => _dumps.Count == 0;

    /// <summary>The VMs' names.</summary>
    internal IEnumerable<string> Names => _dumps.Select(dump => dump.Vm);

    /// <summary>Takes ownership of a store, which is disposed of with this object.</summary>
    internal void Own(IAsyncDisposable store) => _stores.Add(store);

    /// <summary>Takes ownership of a dump engine, which is disposed of with this object.</summary>
    internal void Own(MemoryDumper engine) => _engines.Add(engine);

    /// <summary>Takes ownership of an object that the dumps share, such as the dump service's client or the semaphore that limits parallel dumps.</summary>
    internal void Own(IDisposable shared) => _shared.Add(shared);

    /// <summary>Adds a dump that was confirmed.</summary>
    internal void Add(PlannedDump dump) => _dumps.Add(dump);

    /// <summary>Takes all dumps; a failure of one doesn't affect the others.</summary>
    /// <returns>The number of dumps that failed.</returns>
    internal async Task<int> RunAsync(ICommandOutput output, CancellationToken cancellationToken)
    {
        bool[] taken = await Task.WhenAll(_dumps.Select((dump, i) => TakeAsync(dump, i + 1, output, cancellationToken)));
        foreach (MemoryDumper engine in _engines)
        {
            if (await engine.CompleteAsync(cancellationToken) is string warning)
            {
                output.Warning(warning);
            }
        }

        return taken.Count(isTaken => !isTaken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Engines are disposed of before the stores that they write to.
        foreach (MemoryDumper engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _shared.ForEach(shared => shared.Dispose());
        foreach (IAsyncDisposable store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    private static async Task<bool> TakeAsync(PlannedDump dump, int activity, ICommandOutput output, CancellationToken cancellationToken)
    {
        try
        {
            MemoryDumpRecord record = await dump.Take(output, activity, cancellationToken);
            Warn(output, record);
            output.Write(record);
            return true;
        }
        catch (VmStatsException e)
        {
            if (e is MemoryDumpException { Record: MemoryDumpRecord failed })
            {
                Warn(output, failed);
            }

            output.Error(e);
            return false;
        }
    }

    // Also called for failed dumps: their records may have to wait for the store, too.
    private static void Warn(ICommandOutput output, MemoryDumpRecord record)
    {
        foreach (string warning in record.Warnings)
        {
            output.Warning(warning);
        }
    }
}
