using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Transformation;
using VmStats.Stores.Initialization;

namespace VmStats.PowerShell.Commands;

/// <summary>Creates the database that the connection names, with the tables and caches that make queries fast.</summary>
/// <remarks>
/// InfluxDB 3: creates the database, the tables vm_totals, vm_devices and mem_dumps with their tags in the order in which
/// queries filter by them, last-value caches of two rows and distinct-value caches, which hold what is written from then on.
/// InfluxDB 1.x: creates the database and its retention policy, the default one or the one that the connection names.
/// InfluxDB 2.x: creates the bucket and, if the server doesn't do so itself, its mapping for the 1.x API, in the organisation
/// INFLUX_ORG or the only one that the token has access to; the token must have the permissions for it. An embedded store is
/// created when it is opened. Existing objects are left unchanged, so the command can be run again at any time; only
/// -RetentionPeriod changes the retention of an existing database.
///
/// An embedded store has no server that deletes old points. There, -RetentionPeriod deletes the telemetry that is older than
/// the period, once and at once. The period is counted back from the older of the clock and the newest point stored; dump
/// records are kept. If more than an eighth of all points would be deleted, nothing is deleted without -Force, since a clock
/// that is wrong by weeks has the same effect. A collector deletes old points by itself while it runs if its connection was
/// made with Connect-VmStats -RetentionPeriod. It warns when it deletes nothing for that reason: the first time that an old
/// store gets a period, after a long pause of the collector, or if it runs so rarely that each time more than an eighth has
/// become too old. Check both times in the warning, then run the command that it names; a scheduled script may run it each
/// time.
/// </remarks>
/// <example>
/// <code>Initialize-VmStatsDatabase -WhatIf</code>
/// Shows what would be created.
/// </example>
/// <example>
/// <code>Initialize-VmStatsDatabase -RetentionPeriod 90d</code>
/// Creates what is missing, and has the server delete points after ninety days.
/// </example>
/// <example>
/// <code>Initialize-VmStatsDatabase -RetentionPeriod 30d -Force -Connection (Connect-VmStats -Path ./lab.db -PassThru)</code>
/// Deletes all telemetry older than thirty days from an embedded store, however much that is. With -WhatIf it shows how much.
/// </example>
[Cmdlet(VerbsData.Initialize, "VmStatsDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VmStatsDatabaseItem))]
public sealed class InitializeVmStatsDatabaseCommand : StoreCmdletBase
{
    /// <summary>How long the server keeps points, such as 30d or 52w. By default, a new database keeps them for ever, and the retention of an existing one is unchanged. Embedded store: older points are deleted now.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? RetentionPeriod { get; set; }

    /// <summary>Embedded store: deletes points older than -RetentionPeriod even if they are more than an eighth of all points.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override void End()
    {
        VmStatsConnection connection = ResolvedConnection;
        Run(async (output, cancellationToken) =>
        {
            IDatabaseInitializer initializer = await DatabaseInitializer.ForAsync(
                connection.Store, connection.Options, Force, cancellationToken);
            await foreach (DatabaseStep step in initializer.PlanAsync(RetentionPeriod, cancellationToken))
            {
                string target = $"{step.Item.Name} ({connection.Address})";
                if (step.Apply is null || await output.OnPipelineAsync(() => ShouldProcess(target, step.Action)))
                {
                    output.Write(await step.RunAsync(cancellationToken));
                }
            }
        });
    }
}
