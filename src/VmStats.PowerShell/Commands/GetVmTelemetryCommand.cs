using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the telemetry of VMs: the latest sample of each with its rates, or every sample of a range.</summary>
/// <remarks>
/// Without a range, each VM's latest sample, silent VMs included (Quality is Stale). With -Last or -Start, the samples
/// of the range in order of time, as they arrive. Rates are per second since the sample before, and absent where a
/// counter went back; what the hypervisor or the guest didn't report is null, never zero.
/// </remarks>
/// <example>
/// <code>Get-VmTelemetry</code>
/// How are all VMs now?
/// </example>
/// <example>
/// <code>Get-MonitoredVm web* | Get-VmTelemetry -Last 1h | Where-Object CpuPercent -gt 80</code>
/// When in the last hour were the web servers busy?
/// </example>
/// <example>
/// <code>Get-VmTelemetry db01 -Device -Start 2026-01-31T13:00:00Z -Finish 2026-01-31T13:05:00Z</code>
/// What did each disk and network interface of db01 do in those five minutes?
/// </example>
[Cmdlet(VerbsCommon.Get, "VmTelemetry", DefaultParameterSetName = LatestSet)]
[OutputType(typeof(VmTelemetry), typeof(VmDeviceTelemetry))]
public sealed class GetVmTelemetryCommand : VmTelemetryCommand
{
    /// <summary>Each disk and network interface instead of the VM as a whole.</summary>
    [Parameter]
    public SwitchParameter Device { get; set; }

    /// <summary>Only the devices of these names, such as vda or vnet*; wildcards are allowed. Implies -Device.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? DeviceName { get; set; }

    private protected override async Task ReadAsync(
        TelemetryReader reader,
        IReadOnlyList<MonitoredVm>? vms,
        TimeRange? range,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        if (Device || DeviceName is not null)
        {
            DeviceFilter devices = new(Names: DeviceName?.Select(name => new NamePattern(name)).ToArray());
            await foreach (VmDeviceTelemetry device in range is TimeRange bounded
                ? reader.GetDeviceRangeAsync(vms, devices, bounded, null, cancellationToken)
                : reader.GetLatestDevicesAsync(vms, devices, cancellationToken))
            {
                output.Write(device);
            }
        }
        else
        {
            await foreach (VmTelemetry vm in range is TimeRange bounded
                ? reader.GetRangeAsync(vms, bounded, null, cancellationToken)
                : reader.GetLatestAsync(vms, reportMissing: true, cancellationToken))
            {
                output.Write(vm);
            }
        }
    }
}
