using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Transformation;
using VmStats.Stores.Initialization;

namespace VmStats.PowerShell.Commands;

/// <summary>Makes the database that a connection names, with all that makes it quick.</summary>
/// <remarks>
/// InfluxDB 3: the database, the tables vm_totals, vm_devices and mem_dumps with their tags in the order of the questions,
/// last-value caches of two rows (for rates) and distinct-value caches. InfluxDB 1.x: the database and its retention policy.
/// An embedded store is made by being opened. What is there stays as it is, so the command may be run again at any time;
/// with -RetentionPeriod an existing database's retention is set.
/// </remarks>
/// <example>
/// <code>Initialize-VmStatsDatabase -WhatIf</code>
/// What would be made?
/// </example>
/// <example>
/// <code>Initialize-VmStatsDatabase -RetentionPeriod 90d</code>
/// Makes what is missing, and has the server drop points after ninety days.
/// </example>
[Cmdlet(VerbsData.Initialize, "VmStatsDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VmStatsDatabaseItem))]
public sealed class InitializeVmStatsDatabaseCommand : StoreCommand
{
    /// <summary>How long the server keeps points: 30d, 52w. Without it, a new database keeps them for ever, and an existing one as before.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? RetentionPeriod { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        VmStatsConnection connection = ResolvedConnection;
        Run(async (output, cancellationToken) =>
        {
            IDatabaseInitializer initializer = await DatabaseInitializer.ForAsync(connection.Store, connection.Options, cancellationToken);
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
