using VmStats.Dumps.Capture;
using VmStats.Dumps.Service;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>A dump that was asked for: by this process or by the dump service, to be confirmed and then taken.</summary>
/// <param name="Vm">The VM's name.</param>
/// <param name="Ask">True when it is to be taken; false for -WhatIf too. Called by the pipeline thread.</param>
/// <param name="Take">Takes it; the number tells its progress bar from those of the others.</param>
internal sealed record PlannedDump(string Vm, Func<bool> Ask, Func<ICommandOutput, int, CancellationToken, Task<MemoryDumpRecord>> Take)
{
    /// <summary>A dump on a hypervisor.</summary>
    internal static PlannedDump Of(MemoryDumper dumper, MemoryDumpRequest request, Func<bool> ask) => new(request.Vm.Name, ask, async (output, activity, cancellationToken) =>
    {
        using DumpProgress progress = new(output, $"Memory dump of {request.Vm.Name}", activity);
        return await dumper.DumpAsync(request, progress, cancellationToken);
    });

    /// <summary>A dump by the dump service.</summary>
    internal static PlannedDump Of(ServiceDumper dumper, string vm, TimeSpan? timeout, Func<bool> ask) => new(vm, ask, async (output, activity, cancellationToken) =>
    {
        using DumpProgress progress = new(output, $"Memory dump of {vm} by the dump service", activity);
        return await dumper.DumpAsync(vm, timeout, progress, cancellationToken);
    });
}
