using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Transformation;
using VmStats.Stores.Initialization;

namespace VmStats.PowerShell.Commands;

/// <summary>Makes the database that a connection names, with all that makes it quick.</summary>
/// <remarks>
/// InfluxDB 3: the database, the tables vm_totals, vm_devices and mem_dumps with their tags in the order of the questions,
/// last-value caches of two rows and distinct-value caches, which hold what is written from then on. InfluxDB 1.x: the database
/// and its retention policy, the default one or that which the connection names. InfluxDB 2.x: the bucket and, where the server
/// doesn't do it by itself, the mapping by which the 1.x API knows it, in the organisation INFLUX_ORG or the only one that the
/// token sees; the token must have the rights for it. An embedded store is made by being opened. What is there stays as it is, so
/// the command may be run again at any time;
/// with -RetentionPeriod an existing database's retention is set.
///
/// An embedded store has no server to delete points. There, -RetentionPeriod deletes once, now, the telemetry that is older
/// than the period, counted back from the older of the clock and the newest point stored; records of dumps stay. Where that is
/// more than an eighth of all points, nothing is deleted without -Force: a clock that is wrong by weeks looks the same. A
/// collector does it by itself while it runs, if its connection was made with Connect-VmStats -RetentionPeriod, and warns when
/// it held back a pass for that reason: the first time that an old store gets a period, after a collector was off for long, or
/// where it runs so seldom that each time more than an eighth has become too old. Look at both times in the warning, then run
/// the command that it names; a scheduled script may run it each time.
/// </remarks>
/// <example>
/// <code>Initialize-VmStatsDatabase -WhatIf</code>
/// What would be made?
/// </example>
/// <example>
/// <code>Initialize-VmStatsDatabase -RetentionPeriod 90d</code>
/// Makes what is missing, and has the server drop points after ninety days.
/// </example>
/// <example>
/// <code>Initialize-VmStatsDatabase -RetentionPeriod 30d -Force -Connection (Connect-VmStats -Path ./lab.db -PassThru)</code>
/// Deletes from an embedded store what is older than thirty days, however much that is. With -WhatIf it says how much.
/// </example>
[Cmdlet(VerbsData.Initialize, "VmStatsDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VmStatsDatabaseItem))]
public sealed class InitializeVmStatsDatabaseCommand : StoreCmdletBase
{
    /// <summary>How long the server keeps points: 30d, 52w. Without it, a new database keeps them for ever, and an existing one as before. Embedded store: points that are older are deleted now.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? RetentionPeriod { get; set; }

    /// <summary>Embedded store: deletes what is older than -RetentionPeriod even where that is more than an eighth of all points.</summary>
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
