using System.Collections.Concurrent;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx;

/// <summary>
/// Caches the columns of a server's measurements. Other programs may add columns, or delete tables and recreate them with
/// different ones, so the columns of a measurement are requested again after a minute, after a write in this process has added a
/// column, and when a response contradicts the cache.
/// </summary>
/// <param name="place">The server and database: sessions of one process that use the same ones notify each other of added columns.</param>
/// <param name="reader">Reads the columns of a measurement from the server.</param>
/// <param name="retry">Retries these reads.</param>
/// <param name="clock">The clock by which cached columns age.</param>
internal sealed class SchemaCache(string place, ISchemaReader reader, ReadRetry retry, TimeProvider clock)
{
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_beyondDoubt = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<(string Place, string Measurement), long> s_changes = new();

    private static readonly HashSet<string> s_contradictions =
        [ErrorIds.InfluxColumnNotFound, ErrorIds.InfluxTableNotFound, ErrorIds.InfluxQuerySchema, ErrorIds.InfluxSqlPlanning, ErrorIds.InfluxTypeUnsupported];

    private readonly ConcurrentDictionary<string, (MeasurementSchema Schema, long At, long Changes)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _unreadable = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the columns, or null if the measurement doesn't exist. A missing measurement isn't cached, since the next write
    /// may create it.
    /// </summary>
    public ValueTask<MeasurementSchema?> GetAsync(string measurement, CancellationToken cancellationToken) =>
        Find(measurement) is { } known ? new(known) : RenewAsync(measurement, cancellationToken);

    /// <summary>
    /// Returns the columns for a writer; null also if they can't be read. A token that may only write can thus still write, with
    /// VmStats' own tag vocabulary, and the server reports any problem in its response to the write.
    /// </summary>
    public async ValueTask<MeasurementSchema?> GetToWriteAsync(string measurement, CancellationToken cancellationToken)
    {
        if (_unreadable.TryGetValue(measurement, out long at) && clock.GetElapsedTime(at) < s_keep)
        {
            return null;
        }

        try
        {
            return await GetAsync(measurement, cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (e.Kind is VmStatsErrorKind.PermissionDenied or VmStatsErrorKind.Authentication)
        {
            _unreadable[measurement] = clock.GetTimestamp();
            return null;
        }
        catch (InfluxException e) when (e.Kind == VmStatsErrorKind.NotFound)
        {
            // InfluxDB 3 creates the database with the first write; the other versions report the error in response to it.
            return null;
        }
    }

    /// <summary>Records that a write may have added columns: all sessions of this process that use the same database request them again.</summary>
    public void Added(string measurement) => s_changes.AddOrUpdate((place, measurement), 1, static (_, changes) => changes + 1);

    /// <summary>Returns the cached columns of a measurement, or null if they are stale or not cached.</summary>
    public MeasurementSchema? Find(string measurement) =>
        _known.TryGetValue(measurement, out (MeasurementSchema Schema, long At, long Changes) memory)
        && memory.Changes == Changes(measurement)
        && clock.GetElapsedTime(memory.At) < s_keep
            ? memory.Schema
            : null;

    /// <summary>True for an error that a server returns if a query uses columns, or types, that its table doesn't have.</summary>
    public static bool IsContradiction(InfluxException failure) => s_contradictions.Contains(failure.ErrorId);

    /// <summary>
    /// True if a row lacks cached columns and the server wouldn't report that they no longer exist. Absent values are common, so
    /// columns that were requested within the last second aren't requested again.
    /// </summary>
    public bool IsDoubtful(MeasurementSchema schema, StoreRow row) =>
        reader.IsSilent
        && _known.TryGetValue(schema.Measurement, out (MeasurementSchema Schema, long At, long Changes) memory)
        && clock.GetElapsedTime(memory.At) > s_beyondDoubt
        && row.Layout.Columns.Any(column => (row[column].IsNull || row[column].AsString() == "") && (schema.Tags.Contains(column) || schema.Fields.ContainsKey(column)));

    /// <summary>Requests the columns again. The same object is returned if they haven't changed, so that plans made with it can be kept.</summary>
    public async ValueTask<MeasurementSchema?> RenewAsync(string measurement, CancellationToken cancellationToken)
    {
        // Read before the request: a column added while the server responds may be missing from the response.
        long changes = Changes(measurement), at = clock.GetTimestamp();
        MeasurementSchema? schema = await retry.RunAsync(token => reader.AskAsync(measurement, token), cancellationToken).ConfigureAwait(false);
        if (schema is null)
        {
            _known.TryRemove(measurement, out _);
            return null;
        }

        if (_known.TryGetValue(measurement, out (MeasurementSchema Schema, long At, long Changes) memory) && memory.Schema.HasSameColumns(schema))
        {
            schema = memory.Schema;
        }

        _known[measurement] = (schema, at, changes);
        return schema;
    }

    private long Changes(string measurement) => s_changes.GetValueOrDefault((place, measurement));
}
