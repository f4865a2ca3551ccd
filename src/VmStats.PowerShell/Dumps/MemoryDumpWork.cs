using VmStats.Dumps.Capture;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>Dumps that were asked for and confirmed, for the command itself or a job to take; with what must be closed afterwards.</summary>
internal sealed class MemoryDumpWork : IAsyncDisposable
{
    private readonly List<PlannedDump> _dumps = [];
    private readonly List<IAsyncDisposable> _stores = [];
    private readonly List<MemoryDumper> _engines = [];
    private readonly List<IDisposable> _shared = [];

    /// <summary>True when nothing is to be done.</summary>
    internal bool IsEmpty => _dumps.Count == 0;

    /// <summary>The VMs' names.</summary>
    internal IEnumerable<string> Names => _dumps.Select(dump => dump.Vm);

    /// <summary>Closes a store when all is done.</summary>
    internal void Own(IAsyncDisposable store) => _stores.Add(store);

    /// <summary>Closes an engine when all is done.</summary>
    internal void Own(MemoryDumper engine) => _engines.Add(engine);

    /// <summary>Closes what the dumps share, a client of the dump service or their turns, when all is done.</summary>
    internal void Own(IDisposable shared) => _shared.Add(shared);

    /// <summary>Adds a dump that was confirmed.</summary>
    internal void Add(PlannedDump dump) => _dumps.Add(dump);

    /// <summary>Takes all; what goes wrong with one doesn't keep the others.</summary>
    /// <returns>Dumps that failed.</returns>
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
        // The engines before the stores that they write to.
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

    // That its record waits concerns a failed dump, too.
    private static void Warn(ICommandOutput output, MemoryDumpRecord record)
    {
        foreach (string warning in record.Warnings)
        {
            output.Warning(warning);
        }
    }
}
