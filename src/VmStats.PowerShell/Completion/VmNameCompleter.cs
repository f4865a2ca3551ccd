using System.Collections;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes VM names from the command's store.</summary>
public sealed class VmNameCompleter : StoreCompleter
{
    private protected override async Task<IEnumerable<(string Value, string ToolTip)>> ReadAsync(
        TelemetryReader reader, IDictionary parameters, CancellationToken cancellationToken) =>
        (await reader.ListVmsAsync(cancellationToken)).Select(vm => (vm.Name, $"{vm.Name} {vm.Uuid}"));
}
