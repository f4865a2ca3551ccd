using System.Management.Automation;
using VmStats.Diagnostics;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>Walks the links from here to fresh data and names the first that is broken, and how to fix it.</summary>
/// <remarks>
/// Name resolution, TCP, TLS, server, authentication, database, schema, the age of the newest sample, samples that are ahead of
/// the clock here (with the VMs and hosts that wrote them), and for InfluxDB 3 what its caches lack, in this order. What comes after a broken link is skipped. -Quiet gives $true when none is broken; a warning breaks nothing.
/// </remarks>
/// <example>
/// <code>Test-VmStatsConnection</code>
/// Where does it hang?
/// </example>
/// <example>
/// <code>if (-not (Test-VmStatsConnection -Quiet)) { exit 1 }</code>
/// A guard at the head of a runbook.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "VmStatsConnection")]
[OutputType(typeof(VmStatsConnectionCheck), typeof(bool))]
public sealed class TestVmStatsConnectionCommand : StoreCommand
{
    /// <summary>Only $true or $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        bool holds = true;
        VmStatsConnection connection = ResolvedConnection;
        Run(async (output, cancellationToken) =>
        {
            ConnectionChecker checker = new(connection.Options, connection.Store, TimeProvider.System);
            await foreach (VmStatsConnectionCheck check in checker.CheckAsync(cancellationToken))
            {
                holds &= check.Result != VmStatsConnectionCheckResult.Failed;
                if (!Quiet)
                {
                    output.Write(check);
                }
            }
        });

        if (Quiet)
        {
            WriteObject(holds);
        }
    }
}
