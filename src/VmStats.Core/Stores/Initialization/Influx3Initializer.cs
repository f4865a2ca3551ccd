using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx3;

namespace VmStats.Stores.Initialization;

/// <summary>
/// Creates a database in InfluxDB 3: the database with its retention period, the tables with their tags in order, and the caches
/// of the newest rows and of the series.
/// </summary>
internal sealed class Influx3Initializer(InfluxStore store, ConnectionOptions options) : IDatabaseInitializer
{
    private const int RowsPerSeries = 2; // A rate is computed from two rows.
    private readonly string _database = store.Influx.Name.ForInfluxDB3;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? kept = retention is TimeSpan period ? DatabaseInitializer.Text(period) : null;
        JsonObject settings = new() { ["retention_period"] = retention is TimeSpan time ? DatabaseInitializer.Seconds(time) : null };
        bool isThere = await IsThereAsync(cancellationToken).ConfigureAwait(false);
        yield return isThere
            ? DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, _database)
            : DatabaseStep.Create(VmStatsDatabaseItemKind.Database, _database, "Create database", kept is null ? null : $"keeps points for {kept}",
                token => SendAsync(HttpMethod.Post, "database", kept is null ? [] : settings, token));
        if (isThere && kept is not null)
        {
            yield return await RetentionAsync(retention!.Value, settings, cancellationToken).ConfigureAwait(false);
        }

        foreach (TableDefinition table in TableDefinition.All)
        {
            MeasurementSchema? schema = await SchemaAsync(table.Name, cancellationToken).ConfigureAwait(false);
            yield return schema is not null
                ? DatabaseStep.Exists(VmStatsDatabaseItemKind.Table, table.Name, $"tags {string.Join(", ", schema.Tags)}; {schema.Fields.Count} fields")
                : DatabaseStep.Create(VmStatsDatabaseItemKind.Table, table.Name, "Create table", $"tags {string.Join(", ", table.Tags)}; {table.Fields.Count} fields",
                    token => SendAsync(HttpMethod.Post, "table", Columns(table), token));
        }

        foreach (TableDefinition table in TableDefinition.All.Where(table => table.HasCaches))
        {
            MeasurementSchema? schema = await SchemaAsync(table.Name, cancellationToken).ConfigureAwait(false);
            TableCaches caches = schema is null
                ? new TableCaches([], [])
                : await new TableCachesReader(store.Influx, TimeProvider.System).GetAsync(table.Name, cancellationToken).ConfigureAwait(false);
            string[] series = table.SeriesTags(schema);
            yield return LastCache(table, series, caches);
            yield return DistinctCache(table, series, caches);
        }
    }

    private async ValueTask<DatabaseStep> RetentionAsync(TimeSpan wanted, JsonObject settings, CancellationToken cancellationToken)
    {
        string text = DatabaseInitializer.Text(wanted);
        (bool isKnown, TimeSpan? now) = await ReadRetentionAsync(cancellationToken).ConfigureAwait(false);
        if (isKnown && now == DatabaseInitializer.WholeSeconds(wanted))
        {
            return DatabaseStep.Exists(VmStatsDatabaseItemKind.RetentionPeriod, _database, text);
        }

        string former = !isKnown ? "" : now is TimeSpan period ? DatabaseInitializer.Text(period) : "for ever";
        return DatabaseStep.Change(
            VmStatsDatabaseItemKind.RetentionPeriod, _database,
            isKnown ? $"Keep points for {text} instead of {former}; older points are deleted" : $"Keep points for {text}; older points are deleted",
            isKnown ? $"{text}, was {former}" : text,
            token => SendAsync(HttpMethod.Put, "database", settings, token));
    }

    // Not known if the token may not read the _internal database, or the server is too old to report it.
    private async ValueTask<(bool IsKnown, TimeSpan? Period)> ReadRetentionAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, FieldValue> parameters = new() { ["database"] = FieldValue.From(_database) };
        try
        {
            await foreach (StoreRow row in store.Influx.QuerySqlAsync(
                "SELECT database_name, retention_period_ns FROM system.databases WHERE database_name = $database AND deleted = false",
                parameters, new RowBuilder(), cancellationToken, "_internal").ConfigureAwait(false))
            {
                return (true, row["retention_period_ns"].AsInt64() is long nanoseconds ? TimeSpan.FromTicks(nanoseconds / UnixTime.NanosecondsPerTick) : null);
            }
        }
        catch (InfluxException)
        {
            // Since the current period is unknown, it will be set in any case.
        }

        return (false, null);
    }

    private DatabaseStep LastCache(TableDefinition table, string[] series, TableCaches caches)
    {
        string name = table.Name + "_latest";
        string shown = $"{table.Name}.{name}";
        if (caches.Last.FirstOrDefault(cache => cache.Name == name) is { } cache)
        {
            bool fits = cache.Keys.ToHashSet().SetEquals(series) && cache.Count >= RowsPerSeries;
            string detail = $"{cache.Count} rows per {string.Join(", ", cache.Keys)} for {DatabaseInitializer.Text(cache.TimeToLive)}";
            return DatabaseStep.Exists(VmStatsDatabaseItemKind.LastValueCache, shown, fits ? detail : $"{detail}; it is not as it should be: delete it to have it made anew");
        }

        return Unfit(VmStatsDatabaseItemKind.LastValueCache, shown, series) ?? DatabaseStep.Create(
            VmStatsDatabaseItemKind.LastValueCache, shown, "Create last-value cache", $"{RowsPerSeries} rows per {string.Join(", ", series)} for {DatabaseInitializer.Text(options.LookBack)}",
            token => SendAsync(
                HttpMethod.Post,
                "last_cache",
                new JsonObject
                {
                    ["table"] = table.Name,
                    ["name"] = name,
                    ["key_columns"] = Array(series),
                    ["count"] = RowsPerSeries,
                    ["ttl"] = (long)options.LookBack.TotalSeconds,
                },
                token));
    }

    private DatabaseStep DistinctCache(TableDefinition table, string[] series, TableCaches caches)
    {
        string name = table.Name + "_series";
        string shown = $"{table.Name}.{name}";
        if (caches.Distinct.FirstOrDefault(cache => cache.Name == name) is { } cache)
        {
            return DatabaseStep.Exists(VmStatsDatabaseItemKind.DistinctValueCache, shown, $"{string.Join(", ", cache.Columns)} for {DatabaseInitializer.Text(cache.MaxAge)}");
        }

        return Unfit(VmStatsDatabaseItemKind.DistinctValueCache, shown, series) ?? DatabaseStep.Create(
            VmStatsDatabaseItemKind.DistinctValueCache, shown, "Create distinct-value cache", $"{string.Join(", ", series)} for {DatabaseInitializer.Text(options.LookBack)}",
            token => SendAsync(
                HttpMethod.Post,
                "distinct_cache",
                new JsonObject { ["table"] = table.Name, ["name"] = name, ["columns"] = Array(series), ["max_age"] = (long)options.LookBack.TotalSeconds },
                token));
    }

    private static DatabaseStep? Unfit(VmStatsDatabaseItemKind kind, string name, string[] series) => series.Length == 0
        ? DatabaseStep.Skipped(kind, name, "The table has no tag that names a VM.")
        : LastValueCache.HasOneVocabulary(series) ? null
        : DatabaseStep.Skipped(kind, name, $"The table names its VMs in two vocabularies ({string.Join(", ", series)}): no row has all of a cache's keys.");

    private static JsonObject Columns(TableDefinition table) => new()
    {
        ["table"] = table.Name,
        ["tags"] = Array(table.Tags),
        ["fields"] = new JsonArray([.. table.Fields.Select(field => new JsonObject { ["name"] = field.Name, ["type"] = TypeName(field.Kind) })]),
    };

    private static string TypeName(FieldKind kind) => kind switch
    {
        FieldKind.Integer => "int64",
        FieldKind.Unsigned => "uint64",
        FieldKind.Float => "float64",
        FieldKind.Boolean => "bool",
        _ => "utf8",
    };

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private async ValueTask<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.GetSchemaAsync(VmStats.Measurements.VmTotals, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (InfluxException e) when (e.ErrorId == ErrorIds.InfluxDatabaseNotFound)
        {
            return false;
        }
    }

    private async ValueTask<MeasurementSchema?> SchemaAsync(string table, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetSchemaAsync(table, cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (e.ErrorId == ErrorIds.InfluxDatabaseNotFound)
        {
            // With -WhatIf the database may not exist.
            return null;
        }
    }

    // Returns true if the item already exists.
    private async ValueTask<bool> SendAsync(HttpMethod method, string what, JsonObject body, CancellationToken cancellationToken)
    {
        body["db"] = _database;
        using StringContent content = new(body.ToJsonString(JsonSerializerOptions.Default), Encoding.UTF8, "application/json");
        HttpStatusCode status = await store.Influx
            .SendAsync(method, $"api/v3/configure/{what}", content, [HttpStatusCode.Conflict], cancellationToken).ConfigureAwait(false);
        return status == HttpStatusCode.Conflict;
    }
}
