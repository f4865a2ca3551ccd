using VmStats.Dumps.Capture;
using VmStats.Dumps.Service;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>A requested dump, to be confirmed and then taken by this process or by the dump service.</summary>
/// <param name="Vm">The VM's name.</param>
/// <param name="Confirm">Asks for confirmation, and returns true if the dump may be taken; false with -WhatIf. Called on the pipeline thread.</param>
/// <param name="Take">Takes the dump; the number is the activity id of its progress bar.</param>
internal sealed record PlannedDump(string Vm, Func<bool> Confirm, Func<ICommandOutput, int, CancellationToken, Task<MemoryDumpRecord>> Take)
{
    /// <summary>Creates a dump that is taken on a hypervisor.</summary>
    internal static PlannedDump Of(MemoryDumper dumper, MemoryDumpRequest request, Func<bool> ask) => new(request.Vm.Name, ask, async (output, activity, cancellationToken) =>
    {
        using DumpProgress progress = new(output, $"Memory dump of {request.Vm.Name}", activity);
        return await dumper.DumpAsync(request, progress, cancellationToken);
    });

    /// <summary>Creates a dump that is taken by the dump service.</summary>
    internal static PlannedDump Of(ServiceDumper dumper, string vm, TimeSpan? timeout, Func<bool> ask) => new(vm, ask, async (output, activity, cancellationToken) =>
    {
        using DumpProgress progress = new(output, $"Memory dump of {vm} by the dump service", activity);
        return await dumper.DumpAsync(vm, timeout, progress, cancellationToken);
    });
}
