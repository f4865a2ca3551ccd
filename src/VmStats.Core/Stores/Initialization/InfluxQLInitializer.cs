using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores.Initialization;

/// <summary>Makes a database of InfluxDB 1.x: the database and its default retention policy. Measurements come with their first points.</summary>
internal sealed partial class InfluxQLInitializer(InfluxStore store) : IDatabaseInitializer
{
    private readonly string _database = store.Influx.Database;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string name = InfluxQLRenderer.Quote(_database);
        List<StoreRow> databases = await AskAsync("SHOW DATABASES", cancellationToken).ConfigureAwait(false);
        if (!databases.Exists(row => row["name"].AsString() == _database))
        {
            string duration = retention is TimeSpan kept ? $" WITH DURATION {DatabaseInitializer.Seconds(kept)}" : "";
            yield return DatabaseStep.Create(
                VmStatsDatabaseItemKind.Database, _database, "Create database", retention is TimeSpan keeps ? $"keeps points for {DatabaseInitializer.Text(keeps)}" : null,
                token => RunAsync($"CREATE DATABASE {name}{duration}", token));
            yield break;
        }

        yield return DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, _database);
        if (retention is not TimeSpan wanted)
        {
            yield break;
        }

        List<StoreRow> policies = await AskAsync($"SHOW RETENTION POLICIES ON {name}", cancellationToken).ConfigureAwait(false);
        StoreRow? policy = policies.Find(row => row["default"].AsBoolean() == true);
        string policyName = policy?["name"].AsString() ?? "autogen";
        string text = DatabaseInitializer.Text(wanted);
        if (policy is null)
        {
            yield return DatabaseStep.Create(
                VmStatsDatabaseItemKind.RetentionPeriod, policyName, $"Keep points for {text}", text,
                token => RunAsync($"CREATE RETENTION POLICY {InfluxQLRenderer.Quote(policyName)} ON {name} DURATION {DatabaseInitializer.Seconds(wanted)} REPLICATION 1 DEFAULT", token));
        }
        else if (Parse(policy["duration"].AsString() ?? "") == wanted)
        {
            yield return DatabaseStep.Exists(VmStatsDatabaseItemKind.RetentionPeriod, policyName, text);
        }
        else
        {
            yield return DatabaseStep.Change(
                VmStatsDatabaseItemKind.RetentionPeriod, policyName, $"Keep points for {text} instead of {policy["duration"]}; older points are deleted", $"{text}, was {policy["duration"]}",
                token => RunAsync($"ALTER RETENTION POLICY {InfluxQLRenderer.Quote(policyName)} ON {name} DURATION {DatabaseInitializer.Seconds(wanted)}", token));
        }
    }

    // The server writes 720h0m0s.
    private static TimeSpan Parse(string duration) => DurationPart().Matches(duration).Aggregate(TimeSpan.Zero, (total, part) =>
    {
        long number = long.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return total + (part.Groups[2].Value switch
        {
            "h" => TimeSpan.FromHours(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromSeconds(number),
        });
    });

    private async ValueTask<bool> RunAsync(string statement, CancellationToken cancellationToken)
    {
        await AskAsync(statement, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async ValueTask<List<StoreRow>> AskAsync(string statement, CancellationToken cancellationToken)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in store.Influx.QueryInfluxQLAsync(statement, null, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row);
        }

        return rows;
    }

    [GeneratedRegex("([0-9]+)([hms])", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPart();
}
