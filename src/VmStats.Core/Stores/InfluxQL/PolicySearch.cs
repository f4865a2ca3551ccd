using System.Collections.Concurrent;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Json;

namespace VmStats.Stores.InfluxQL;

/// <summary>Why a result is empty, and what the user can do about it.</summary>
internal sealed record EmptyAnswer(string Reason, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Reason} {Remedy}";
}

/// <summary>
/// Looks in other retention policies for data that a query didn't find: InfluxDB 1.x and 2.x query a single retention policy, and
/// don't mention the others. Once a measurement was found to have rows in the queried policy, it isn't checked again.
/// </summary>
internal sealed class PolicySearch(InfluxQuery influx)
{
    private const int MostPolicies = 20;
    private readonly ConcurrentDictionary<string, bool> _found = new(StringComparer.Ordinal);

    /// <summary>
    /// Explains an empty result if the measurement has no rows in the queried policy but has some in others; null if that is not
    /// the case, or the server doesn't provide the information.
    /// </summary>
    public async ValueTask<EmptyAnswer?> ExplainAsync(string measurement, CancellationToken cancellationToken)
    {
        if (_found.ContainsKey(measurement))
        {
            return null;
        }

        try
        {
            return await influx.GetApiAsync(cancellationToken).ConfigureAwait(false) is InfluxApi.V1 or InfluxApi.V2
                ? await SearchAsync(measurement, cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch (InfluxException)
        {
            // This is only a hint: the query itself succeeded.
            return null;
        }
    }

    private async ValueTask<EmptyAnswer?> SearchAsync(string measurement, CancellationToken cancellationToken)
    {
        List<string> others = [];
        string? asked = influx.Name.Policy;
        await foreach (StoreRow row in AskAsync("SHOW RETENTION POLICIES", null, cancellationToken).ConfigureAwait(false))
        {
            string name = row["name"].AsString() ?? "";
            if (name == influx.Name.Policy || (influx.Name.Policy is null && row["default"].AsBoolean() == true))
            {
                asked = name;
            }
            else if (others.Count < MostPolicies && !others.Contains(name))
            {
                others.Add(name);
            }
        }

        if (others.Count == 0)
        {
            return null;
        }

        if (asked is not null && await HasRowsAsync(measurement, asked, cancellationToken).ConfigureAwait(false))
        {
            _found.TryAdd(measurement, true);
            return null;
        }

        List<string> holding = [];
        foreach (string other in others)
        {
            if (await HasRowsAsync(measurement, other, cancellationToken).ConfigureAwait(false))
            {
                holding.Add(other);
            }
        }

        string database = influx.Name.Database;
        return holding.Count == 0 ? null : new EmptyAnswer(
            $"{measurement} has no data in {(asked is null ? $"the default retention policy of {database}" : $"the retention policy '{asked}' of {database}")}; "
            + $"there is some in {string.Join(", ", holding.Select(policy => $"'{policy}'"))}.",
            $"Connect-VmStats -RetentionPolicy {holding[0]}, or INFLUX_RETENTION_POLICY, reads and writes there.");
    }

    // In 2.x, a policy may be mapped to a bucket that this token may not read.
    private async ValueTask<bool> HasRowsAsync(string measurement, string policy, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (StoreRow _ in AskAsync($"SELECT * FROM {InfluxQLRenderer.Quote(measurement)} LIMIT 1", policy, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (InfluxException)
        {
            // Then it can't be queried there either.
        }

        return false;
    }

    private IAsyncEnumerable<StoreRow> AskAsync(string query, string? policy, CancellationToken cancellationToken) =>
        influx.QueryInfluxQLAsync(query, null, InfluxQLColumns.Unknown(query), cancellationToken, policy);
}
