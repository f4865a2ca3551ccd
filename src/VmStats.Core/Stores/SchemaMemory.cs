using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using VmStats.Data;
using VmStats.Influx;

namespace VmStats.Stores;

/// <summary>
/// What is remembered of the columns of a server's measurements. Other programs add columns, and delete tables and make them
/// anew with others: so a measurement is asked for again after a minute, when somebody in this process has added a column,
/// and when an answer contradicts what is remembered.
/// </summary>
/// <param name="place">The server and database: sessions of one process that use the same one tell each other what they add.</param>
/// <param name="ask">Asks the server for the columns of a measurement; null when there is no such measurement.</param>
/// <param name="clock">The clock that memories age by.</param>
/// <param name="isSilent">Whether the server says nothing of a column that isn't there, and gives absent values.</param>
internal sealed class SchemaMemory(
    string place, Func<string, CancellationToken, ValueTask<MeasurementSchema?>> ask, TimeProvider clock, Func<bool> isSilent)
{
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_beyondDoubt = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<(string Place, string Measurement), long> s_changes = new();

    // What a server says of a query that names columns, or has types, that its table doesn't have.
    private static readonly HashSet<string> s_contradictions =
        ["InfluxColumnNotFound", "InfluxTableNotFound", "InfluxQuerySchema", "InfluxSqlPlanning", "InfluxTypeUnsupported"];

    private readonly ConcurrentDictionary<string, Memory> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _unreadable = new(StringComparer.Ordinal);

    /// <summary>The columns, or null when there is no such measurement. That there is none is not kept: the next write may create it.</summary>
    public ValueTask<MeasurementSchema?> GetAsync(string measurement, CancellationToken cancellationToken) =>
        Known(measurement) is { } known ? new(known) : RenewAsync(measurement, cancellationToken);

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

    /// <summary>Says that a write has added columns: whoever in this process reads the same place asks again.</summary>
    public void Added(string measurement) => s_changes.AddOrUpdate((place, measurement), 1, static (_, changes) => changes + 1);

    /// <summary>
    /// Rows of a query that is made of a measurement's columns. Where the server contradicts what was remembered, or finds
    /// nothing by it, the columns are asked for again; when they are others, the query is made of them once more. InfluxDB 1.x
    /// and 2.x contradict nothing: there a first row that lacks some of the columns is reason enough to ask.
    /// </summary>
    /// <param name="measurement">The measurement; one that isn't there has no rows.</param>
    /// <param name="read">Makes the query of the columns, and asks it.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async IAsyncEnumerable<StoreRow> ReadAsync(
        string measurement, Func<MeasurementSchema, IAsyncEnumerable<StoreRow>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MeasurementSchema? remembered = Known(measurement);
        MeasurementSchema? schema = remembered ?? await RenewAsync(measurement, cancellationToken).ConfigureAwait(false);
        for (bool isFirst = true; schema is not null; isFirst = false)
        {
            IAsyncEnumerator<StoreRow> rows = read(schema).GetAsyncEnumerator(cancellationToken);
            await using (rows.ConfigureAwait(false))
            {
                InfluxException? contradiction = null;
                bool any = false;
                try
                {
                    any = await rows.MoveNextAsync().ConfigureAwait(false);
                }
                catch (InfluxException e) when (isFirst && s_contradictions.Contains(e.ErrorId))
                {
                    contradiction = e;
                }

                bool isDoubtful = isFirst && (contradiction is not null || (remembered is not null && (!any || IsDoubtful(measurement, schema, rows.Current))));
                MeasurementSchema? renewed = isDoubtful ? await RenewAsync(measurement, cancellationToken).ConfigureAwait(false) : schema;
                if (ReferenceEquals(renewed, schema))
                {
                    if (contradiction is not null)
                    {
                        ExceptionDispatchInfo.Throw(contradiction);
                    }

                    for (; any; any = await rows.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield return rows.Current;
                    }

                    yield break;
                }

                schema = renewed;
            }
        }
    }

    private async ValueTask<MeasurementSchema?> RenewAsync(string measurement, CancellationToken cancellationToken)
    {
        // Before it is asked: what is added while the server answers may be missing in the answer.
        long changes = Changes(measurement), at = clock.GetTimestamp();
        MeasurementSchema? schema = await ask(measurement, cancellationToken).ConfigureAwait(false);
        if (schema is null)
        {
            _known.TryRemove(measurement, out _);
            return null;
        }

        // Who has made plans for the same columns may keep them.
        if (_known.TryGetValue(measurement, out Memory? memory) && memory.Schema.HasSameColumns(schema))
        {
            schema = memory.Schema;
        }

        _known[measurement] = new Memory(schema, at, changes);
        return schema;
    }

    // Absent values are nothing unusual, and what was asked for a moment ago isn't asked again.
    private bool IsDoubtful(string measurement, MeasurementSchema schema, StoreRow row) =>
        isSilent()
        && _known.TryGetValue(measurement, out Memory? memory)
        && clock.GetElapsedTime(memory.At) > s_beyondDoubt
        && row.Layout.Columns.Any(column => (row[column].IsNull || row[column].AsString() == "") && (schema.Tags.Contains(column) || schema.Fields.ContainsKey(column)));

    private MeasurementSchema? Known(string measurement) =>
        _known.TryGetValue(measurement, out Memory? memory)
        && memory.Changes == Changes(measurement)
        && clock.GetElapsedTime(memory.At) < s_keep
            ? memory.Schema
            : null;

    private long Changes(string measurement) => s_changes.GetValueOrDefault((place, measurement));

    private sealed record Memory(MeasurementSchema Schema, long At, long Changes);
}
