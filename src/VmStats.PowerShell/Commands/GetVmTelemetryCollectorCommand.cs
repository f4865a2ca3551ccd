using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the collectors of this session, running or ended, with their status and counts.</summary>
/// <example>
/// <code>Get-VmTelemetryCollector</code>
/// Shows whether the collectors are still running.
/// </example>
/// <example>
/// <code>Get-VmTelemetryCollector | Where-Object PointsDropped -gt 0</code>
/// Shows the collectors that have lost points.
/// </example>
[Cmdlet(VerbsCommon.Get, "VmTelemetryCollector")]
[OutputType(typeof(VmTelemetryCollectorStatus))]
public sealed class GetVmTelemetryCollectorCommand : VmStatsCmdletBase
{
    /// <summary>The ids of collectors. By default, all collectors.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(CollectorIdCompleter))]
    public int[]? Id { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmStatsSession session = VmStatsSession.Current;
        if (Id is null)
        {
            WriteObject(session.Collectors.List().Select(collector => collector.Status), enumerateCollection: true);
            return;
        }

        foreach (int id in Id)
        {
            try
            {
                WriteObject(session.Collectors.Get(id).Status);
            }
            catch (VmStatsException e)
            {
                WriteError(e);
            }
        }
    }
}
