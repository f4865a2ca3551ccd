using VmStats.Dumps.Capture;
using VmStats.Dumps.Service;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>Dumps that were asked for and confirmed, for the command itself or a job to take; with what must be closed afterwards.</summary>
internal sealed class MemoryDumpWork : IAsyncDisposable
{
    private readonly List<(string Vm, Func<ICommandOutput, int, CancellationToken, Task<MemoryDumpRecord>> Take)> _dumps = [];
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

    /// <summary>Adds a dump by the engine.</summary>
    internal void Add(MemoryDumper dumper, MemoryDumpRequest request) => _dumps.Add((request.Vm.Name, async (output, activity, cancellationToken) =>
    {
        DumpProgress progress = new(output, request.Vm.Name, activity);
        try
        {
            return await dumper.DumpAsync(request, progress, cancellationToken);
        }
        finally
        {
            progress.Complete();
        }
    }));

    /// <summary>Adds a dump by the dump service.</summary>
    internal void Add(ServiceDumper dumper, string vm, TimeSpan? timeout) => _dumps.Add((vm, async (output, activity, cancellationToken) =>
    {
        ServiceDumpProgress progress = new(output, vm, activity);
        try
        {
            return await dumper.DumpAsync(vm, timeout, progress, cancellationToken);
        }
        finally
        {
            progress.Complete();
        }
    }));

    /// <summary>Takes all; what goes wrong with one doesn't keep the others.</summary>
    /// <returns>Dumps that failed.</returns>
    internal async Task<int> RunAsync(ICommandOutput output, CancellationToken cancellationToken)
    {
        bool[] taken = await Task.WhenAll(_dumps.Select((dump, i) => TakeAsync(dump.Take, i + 1, output, cancellationToken)));
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

    private static async Task<bool> TakeAsync(
        Func<ICommandOutput, int, CancellationToken, Task<MemoryDumpRecord>> take, int activity, ICommandOutput output, CancellationToken cancellationToken)
    {
        try
        {
            MemoryDumpRecord record = await take(output, activity, cancellationToken);
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
