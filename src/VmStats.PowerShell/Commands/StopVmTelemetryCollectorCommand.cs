using System.Management.Automation;
using VmStats.Collection;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Commands;

/// <summary>Stops collectors of this session. When the cmdlet returns, everything they have collected is in the store or the spool.</summary>
/// <example>
/// <code>Get-VmTelemetryCollector | Stop-VmTelemetryCollector</code>
/// Stops all collectors of this session.
/// </example>
/// <example>
/// <code>Stop-VmTelemetryCollector -Id 1 -PassThru</code>
/// Stops one collector, and shows its final status.
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "VmTelemetryCollector", SupportsShouldProcess = true)]
[OutputType(typeof(VmTelemetryCollectorStatus))]
public sealed class StopVmTelemetryCollectorCommand : VmStatsCmdletBase
{
    /// <summary>The ids of the collectors.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(CollectorIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Returns the final status of each collector.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmStatsSession session = VmStatsSession.Current;
        foreach (int id in Id)
        {
            try
            {
                TelemetryCollector collector = session.Collectors.Get(id);
                if (ShouldProcess($"Collector {id} of {collector.Status.HypervisorUri}", "Stop"))
                {
                    Run((_, cancellationToken) => collector.StopAsync(cancellationToken));
                    if (PassThru)
                    {
                        WriteObject(collector.Status);
                    }
                }
            }
            catch (VmStatsException e)
            {
                WriteError(e);
            }
        }
    }
}
