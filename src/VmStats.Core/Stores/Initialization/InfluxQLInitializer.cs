using System.Runtime.CompilerServices;
using VmStats.Connections;
using VmStats.Points;
using VmStats.Stores.InfluxQL;

namespace VmStats.Stores.Initialization;

/// <summary>
/// Creates a database in InfluxDB 1.x, and its retention policy: the one that the connection specifies, otherwise the default
/// one. Measurements are created with their first points.
/// </summary>
internal sealed class InfluxQLInitializer(InfluxStore store) : IDatabaseInitializer
{
    private readonly string _database = store.Influx.Name.Database;
    private readonly string? _named = store.Influx.Name.Policy;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoreRow> databases = await AskAsync("SHOW DATABASES", cancellationToken).ConfigureAwait(false);
        bool isThere = databases.Exists(row => row["name"].AsString() == _database);
        if (isThere)
        {
            yield return DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, _database);
        }
        else
        {
            // The period is that of the default policy, unless another policy is specified by name.
            TimeSpan? period = _named is null ? retention : null;
            string duration = period is TimeSpan kept ? $" WITH DURATION {DatabaseInitializer.Seconds(kept)}" : "";
            yield return DatabaseStep.Create(
                VmStatsDatabaseItemKind.Database, _database, "Create database", period is TimeSpan keeps ? $"keeps points for {DatabaseInitializer.Text(keeps)}" : null,
                token => RunAsync($"CREATE DATABASE {Quoted}{duration}", token));
        }

        if (_named is not null || (isThere && retention is not null))
        {
            // With -WhatIf the database may not exist, and then it has no policies.
            bool hasPolicies = isThere || (await AskAsync("SHOW DATABASES", cancellationToken).ConfigureAwait(false)).Exists(row => row["name"].AsString() == _database);
            yield return Policy(hasPolicies ? await AskAsync($"SHOW RETENTION POLICIES ON {Quoted}", cancellationToken).ConfigureAwait(false) : [], retention);
        }
    }

    private string Quoted => InfluxQLRenderer.Quote(_database);

    // The policy that is specified by name, otherwise the default one.
    private DatabaseStep Policy(List<StoreRow> policies, TimeSpan? retention)
    {
        StoreRow? policy = policies.Find(row => _named is null ? row["default"].AsBoolean() == true : row["name"].AsString() == _named);
        string name = _named ?? policy?["name"].AsString() ?? "autogen";
        string text = retention is TimeSpan kept ? DatabaseInitializer.Text(kept) : "for ever";
        string seconds = retention is TimeSpan period ? DatabaseInitializer.Seconds(period) : "INF";
        if (policy is null)
        {
            return DatabaseStep.Create(
                VmStatsDatabaseItemKind.RetentionPeriod, name, retention is null ? "Create retention policy" : $"Keep points for {text}", text,
                token => RunAsync($"CREATE RETENTION POLICY {InfluxQLRenderer.Quote(name)} ON {Quoted} DURATION {seconds} REPLICATION 1{(_named is null ? " DEFAULT" : "")}", token));
        }

        // The server formats a duration as 720h0m0s.
        return retention is null || (Duration.TryParse(policy["duration"].AsString() ?? "", out TimeSpan current) && current == DatabaseInitializer.WholeSeconds(retention.Value))
            ? DatabaseStep.Exists(VmStatsDatabaseItemKind.RetentionPeriod, name, retention is null ? policy["duration"].AsString() : text)
            : DatabaseStep.Change(
                VmStatsDatabaseItemKind.RetentionPeriod, name, $"Keep points for {text} instead of {policy["duration"]}; older points are deleted", $"{text}, was {policy["duration"]}",
                token => RunAsync($"ALTER RETENTION POLICY {InfluxQLRenderer.Quote(name)} ON {Quoted} DURATION {seconds}", token));
    }

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
}
