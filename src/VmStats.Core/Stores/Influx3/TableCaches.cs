using System.Collections.Concurrent;
using System.Text.Json;
using VmStats.Points;
using VmStats.Stores.Influx;

namespace VmStats.Stores.Influx3;

/// <summary>A last-value cache: the newest rows of each combination of its keys, in the server's memory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">Its key columns.</param>
/// <param name="Values">Its value columns; null for all columns that are no keys.</param>
/// <param name="Count">Number of rows that it keeps for each combination.</param>
/// <param name="TimeToLive">How long it keeps a row.</param>
internal sealed record LastValueCache(string Name, IReadOnlyList<string> Keys, IReadOnlyList<string>? Values, long Count, TimeSpan TimeToLive)
{
    /// <summary>True if its keys are exactly these columns, so that it receives every write that has all of them.</summary>
    public bool Covers(IReadOnlyList<string> columns) => Keys.ToHashSet(StringComparer.Ordinal).SetEquals(columns) && HasOneVocabulary(columns);

    /// <summary>True if the other is the same cache, read at another time.</summary>
    public bool IsSameAs(LastValueCache other) => Name == other.Name && Keys.SequenceEqual(other.Keys) && Count == other.Count && TimeToLive == other.TimeToLive;

    // In a table with two tag vocabularies (names that differ in case), each row lacks some of the keys, and such a row isn't cached.
    internal static bool HasOneVocabulary(IReadOnlyList<string> columns) =>
        columns.Distinct(StringComparer.OrdinalIgnoreCase).Count() == columns.Count;
}

/// <summary>A distinct-value cache: the combinations of its columns' values, in the server's memory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="MaxAge">How long it keeps a combination that isn't written again.</param>
internal sealed record DistinctValueCache(string Name, IReadOnlyList<string> Columns, TimeSpan MaxAge);

/// <summary>The caches of a table.</summary>
/// <param name="Last">Its last-value caches.</param>
/// <param name="Distinct">Its distinct-value caches.</param>
internal sealed record TableCaches(IReadOnlyList<LastValueCache> Last, IReadOnlyList<DistinctValueCache> Distinct);

/// <summary>Queries which caches a table has, and remembers the last-value caches for a minute.</summary>
internal sealed class TableCachesReader(InfluxQuery influx, TimeProvider clock)
{
    internal const string LastSql = "SELECT name, key_column_names, value_column_names, count, ttl FROM system.last_caches WHERE \"table\" = $table";
    internal const string DistinctSql = "SELECT name, column_names, max_age_seconds FROM system.distinct_caches WHERE \"table\" = $table";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, (DateTimeOffset At, IReadOnlyList<LastValueCache> Caches)> _last = new(StringComparer.Ordinal);

    /// <summary>Returns a table's caches; none if the server doesn't report them.</summary>
    public async ValueTask<TableCaches> GetAsync(string table, CancellationToken cancellationToken)
    {
        IReadOnlyList<LastValueCache> last = await GetLastAsync(table, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<StoreRow>? distinct = await SystemTables.AskAsync(influx, DistinctSql, table, cancellationToken).ConfigureAwait(false);
        return new TableCaches(last, [.. (distinct ?? []).Select(ReadDistinct)]);
    }

    /// <summary>Returns a table's last-value caches, which are needed often; none if the server doesn't report them.</summary>
    public async ValueTask<IReadOnlyList<LastValueCache>> GetLastAsync(string table, CancellationToken cancellationToken)
    {
        if (_last.TryGetValue(table, out (DateTimeOffset At, IReadOnlyList<LastValueCache> Caches) known) && clock.GetUtcNow() - known.At < s_keep)
        {
            return known.Caches;
        }

        // After a transient error the server is asked again the next time; this query does without caches.
        if (await SystemTables.AskAsync(influx, LastSql, table, cancellationToken).ConfigureAwait(false) is not { } rows)
        {
            return [];
        }

        LastValueCache[] caches = [.. rows.Select(ReadLast)];
        _last[table] = (clock.GetUtcNow(), caches);
        return caches;
    }

    /// <summary>Discards what is remembered of a table's caches, after one was created or deleted.</summary>
    public void Forget(string table) => _last.TryRemove(table, out _);

    private static LastValueCache ReadLast(StoreRow row) => new(
        row["name"].AsString() ?? "", Names(row["key_column_names"]) ?? [], Names(row["value_column_names"]), row["count"].AsInt64() ?? 0, Seconds(row["ttl"]));

    private static DistinctValueCache ReadDistinct(StoreRow row) => new(
        row["name"].AsString() ?? "", Names(row["column_names"]) ?? [], Seconds(row["max_age_seconds"]));

    private static string[]? Names(FieldValue list) => list.AsString() is { } json ? JsonSerializer.Deserialize<string[]>(json) : null;

    private static TimeSpan Seconds(FieldValue seconds) => TimeSpan.FromSeconds(Math.Min(seconds.AsInt64() ?? 0, (long)TimeSpan.FromDays(36_500).TotalSeconds));
}
