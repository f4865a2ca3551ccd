using System.Collections.Concurrent;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx;

/// <summary>
/// What is remembered of the columns of a server's measurements. Other programs add columns, and delete tables and make them
/// anew with others: so a measurement is asked for again after a minute, when somebody in this process has added a column,
/// and when an answer contradicts what is remembered.
/// </summary>
/// <param name="place">The server and database: sessions of one process that use the same one tell each other what they add.</param>
/// <param name="reader">Asks the server for the columns of a measurement.</param>
/// <param name="retry">Has it asked again.</param>
/// <param name="clock">The clock that memories age by.</param>
internal sealed class SchemaMemory(string place, ISchemaReader reader, ReadRetry retry, TimeProvider clock)
{
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_beyondDoubt = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<(string Place, string Measurement), long> s_changes = new();

    private static readonly HashSet<string> s_contradictions =
        [ErrorIds.InfluxColumnNotFound, ErrorIds.InfluxTableNotFound, ErrorIds.InfluxQuerySchema, ErrorIds.InfluxSqlPlanning, ErrorIds.InfluxTypeUnsupported];

    private readonly ConcurrentDictionary<string, (MeasurementSchema Schema, long At, long Changes)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _unreadable = new(StringComparer.Ordinal);

    /// <summary>The columns, or null when there is no such measurement. That there is none is not kept: the next write may create it.</summary>
    public ValueTask<MeasurementSchema?> GetAsync(string measurement, CancellationToken cancellationToken) =>
        Find(measurement) is { } known ? new(known) : RenewAsync(measurement, cancellationToken);

    /// <summary>
    /// The columns, for who writes to the measurement; null also where it can't be known: a token that may only write still
    /// delivers, in our own vocabulary, and what is wrong with it the server says to the write itself.
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
            // InfluxDB 3 creates the database with the first write; the others will say so themselves.
            return null;
        }
    }

    /// <summary>Marks the cached columns as stale after a write has added some: all readers of the same database in this process request them again.</summary>
    public void Added(string measurement) => s_changes.AddOrUpdate((place, measurement), 1, static (_, changes) => changes + 1);

    /// <summary>What is remembered of a measurement, unless it is too old.</summary>
    public MeasurementSchema? Find(string measurement) =>
        _known.TryGetValue(measurement, out (MeasurementSchema Schema, long At, long Changes) memory)
        && memory.Changes == Changes(measurement)
        && clock.GetElapsedTime(memory.At) < s_keep
            ? memory.Schema
            : null;

    /// <summary>True for what a server says of a query that names columns, or has types, which its table doesn't have.</summary>
    public static bool IsContradiction(InfluxException failure) => s_contradictions.Contains(failure.ErrorId);

    /// <summary>
    /// True where a row lacks columns that are remembered, of a server that wouldn't say that they are gone. Absent values are
    /// nothing unusual, so what was asked for a moment ago isn't asked again.
    /// </summary>
    public bool IsDoubtful(MeasurementSchema schema, StoreRow row) =>
        reader.IsSilent
        && _known.TryGetValue(schema.Measurement, out (MeasurementSchema Schema, long At, long Changes) memory)
        && clock.GetElapsedTime(memory.At) > s_beyondDoubt
        && row.Layout.Columns.Any(column => (row[column].IsNull || row[column].AsString() == "") && (schema.Tags.Contains(column) || schema.Fields.ContainsKey(column)));

    /// <summary>Requests the columns again. Returns the same object if they haven't changed, so that query plans cached for it stay valid.</summary>
    public async ValueTask<MeasurementSchema?> RenewAsync(string measurement, CancellationToken cancellationToken)
    {
        // Before it is asked: what is added while the server answers may be missing in the answer.
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
