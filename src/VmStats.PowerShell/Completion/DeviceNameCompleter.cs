using System.Collections;
using System.Management.Automation;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes device names: those of the VMs that the command already names, otherwise those of all VMs.</summary>
public sealed class DeviceNameCompleter : StoreCompleter
{
    private protected override async Task<IEnumerable<(string Value, string ToolTip)>> ReadAsync(
        TelemetryReader reader, IDictionary parameters, CancellationToken cancellationToken)
    {
        IReadOnlyList<MonitoredVm>? vms = null;
        if (LanguagePrimitives.TryConvertTo(parameters["Name"], out string[]? names) && names is { Length: > 0 })
        {
            vms = (await reader.ResolveAsync(names, cancellationToken)).Vms;
        }

        return (await reader.ListDeviceNamesAsync(vms, cancellationToken)).Select(name => (name, ""));
    }
}
