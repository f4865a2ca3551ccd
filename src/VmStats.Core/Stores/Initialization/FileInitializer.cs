using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.Initialization;

/// <summary>
/// Initializes an embedded store, which is created when it is opened, and deletes points older than a retention period. From then
/// on, the connections that write to the store are responsible for deleting old points.
/// </summary>
internal sealed class FileInitializer(ITelemetryStore store, bool deletesAnyShare) : IDatabaseInitializer
{
    public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreInfo info = await store.ProbeAsync(cancellationToken).ConfigureAwait(false);
        yield return DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, info.Address, $"{info.Version}; tables come with their first points.");
        if (retention is TimeSpan period && store is IPrunableStore prunable)
        {
            yield return Step(prunable, await prunable.PlanPruningAsync(period, cancellationToken).ConfigureAwait(false));
        }
    }

    private DatabaseStep Step(IPrunableStore prunable, PruningPlan plan)
    {
        string name = store.Info.Database;
        if (plan.Points == 0)
        {
            return DatabaseStep.Skipped(
                VmStatsDatabaseItemKind.RetentionPeriod, name,
                $"No point is older. The connections that write delete what becomes older: {prunable.ConnectCommand} -RetentionPeriod {Duration.Format(plan.Retention)}");
        }

        if (!plan.IsWithinLimit && !deletesAnyShare)
        {
            return DatabaseStep.Skipped(
                VmStatsDatabaseItemKind.RetentionPeriod, name,
                $"It would delete {plan.Extent}, more than an eighth. {plan.Times} If both are right, -Force deletes them.");
        }

        return DatabaseStep.Change(
            VmStatsDatabaseItemKind.RetentionPeriod, name, $"Delete {plan.Extent}", $"Deleted {plan.Extent}. {plan.Times}",
            async cancellationToken =>
            {
                await prunable.PruneAsync(plan, cancellationToken).ConfigureAwait(false);
                return false;
            });
    }
}
