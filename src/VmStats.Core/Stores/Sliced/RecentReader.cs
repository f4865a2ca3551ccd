using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores.Sliced;

/// <summary>Asks a server one query in InfluxQL.</summary>
internal delegate IAsyncEnumerable<StoreRow> AskInfluxQL(QueryPlan plan, CancellationToken cancellationToken);

/// <summary>
/// Bounds the questions that would read a table's whole history on the distributed editions of InfluxDB 3, which have no index
/// by series as InfluxDB 1.x has: the newest rows of each group, and the groups there are, are looked for as far back as the
/// look-back says. A table that nobody has written to for that long is read whole.
/// </summary>
internal sealed class RecentReader(AskInfluxQL ask, ConnectionOptions options, TimeProvider clock)
{
    /// <summary>True for a question that is to be bounded.</summary>
    public static bool Bounds(StoreQuery query, InfluxApi api) =>
        api == InfluxApi.V3Distributed && query.Start is null && (query.Latest is not null || query.Distinct is not null);

    /// <summary>The rows.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long from = (plan.Query.Finish ?? UnixTime.ToNanoseconds(clock.GetUtcNow())) - UnixTime.ToNanoseconds(options.LookBack);
        bool isEmpty = true;
        int limit = plan.Query.Limit ?? int.MaxValue, skip = plan.Query.Skip;
        if (QueryPlan.For(plan.Query with { Start = from, Skip = 0, Limit = null }, plan.Schema) is { } recent)
        {
            await foreach (StoreRow row in ask(recent, cancellationToken).ConfigureAwait(false))
            {
                isEmpty = false;
                if (skip-- <= 0 && limit-- > 0)
                {
                    yield return row;
                }
            }
        }

        if (!isEmpty)
        {
            yield break;
        }

        await foreach (StoreRow row in ask(plan, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }
}
