using System.Globalization;
using System.Text;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Statements;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Distinguishes times from other strings in a result: JSON has no type for times, and InfluxDB 3 writes a timestamp
/// without its time zone, which a stored string might look like, too. The server is asked once for the types of the
/// columns whose first string looks like a time.
/// </summary>
internal sealed class ColumnTimes
{
    private const int MaximumTimeLength = 40;
    private readonly Func<IReadOnlyList<string>, CancellationToken, ValueTask<IReadOnlyList<bool>?>>? _queryTypes;
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private readonly List<string> _undecided = [];
    private RowLayout? _layout;

    private ColumnTimes(Func<IReadOnlyList<string>, CancellationToken, ValueTask<IReadOnlyList<bool>?>>? queryTypes)
    {
        _queryTypes = queryTypes;
    }

    private enum Kind
    {
        /// <summary>Any type except a time.</summary>
        Plain,

        /// <summary>A time, according to the server.</summary>
        Time,

        /// <summary>It looks like a time, but the server can't be asked.</summary>
        Unknown,
    }

    /// <summary>Creates an instance for a SQL statement.</summary>
    public static ColumnTimes ForSql(InfluxQuery influx, string sql, IReadOnlyDictionary<string, FieldValue> parameters) =>
        new((columns, cancellationToken) => StatementKinds.IsSqlQuery(sql) ? QueryTypesAsync(influx, sql, parameters, columns, cancellationToken) : new(result: null));

    /// <summary>Creates an instance for an InfluxQL statement, which has only one time, possibly under another name.</summary>
    public static ColumnTimes ForInfluxQL(string query)
    {
        ColumnTimes times = new(queryTypes: null);
        foreach (string name in StatementKinds.TimeAliases(query))
        {
            times._kinds[name] = Kind.Time;
        }

        return times;
    }

    /// <summary>Examines a row before its values are read.</summary>
    public async ValueTask ExamineAsync(StoreRow row, CancellationToken cancellationToken)
    {
        if (_queryTypes is null)
        {
            return;
        }

        if (!ReferenceEquals(row.Layout, _layout))
        {
            _layout = row.Layout;
            _undecided.Clear();
            _undecided.AddRange(row.Layout.Columns.Where(column => !_kinds.ContainsKey(column)));
        }

        List<string>? candidates = null;
        for (int i = _undecided.Count - 1; i >= 0; i--)
        {
            FieldValue value = row[_undecided[i]];
            if (value.IsNull)
            {
                continue;
            }

            if (value.AsString() is { } text && TryParse(text, out _))
            {
                (candidates ??= []).Add(_undecided[i]);
            }
            else
            {
                _kinds[_undecided[i]] = Kind.Plain;
            }

            _undecided.RemoveAt(i);
        }

        if (candidates is not null)
        {
            IReadOnlyList<bool>? areTimes = await _queryTypes(candidates, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < candidates.Count; i++)
            {
                // If the server can't be asked, a column called "time" is assumed to be one.
                _kinds[candidates[i]] = areTimes is null ? candidates[i] == "time" ? Kind.Time : Kind.Unknown : areTimes[i] ? Kind.Time : Kind.Plain;
            }
        }
    }

    /// <summary>True for a column that is known to hold times.</summary>
    public bool IsTime(string column) => _kinds.TryGetValue(column, out Kind kind) && kind == Kind.Time;

    /// <summary>
    /// Returns a column's value: for a time in UTC nanoseconds, otherwise as it is. A string that may be a time is
    /// returned with its time zone.
    /// </summary>
    public (long? Time, object? Value) Read(string column, FieldValue value)
    {
        if (value.AsString() is not { } text || !_kinds.TryGetValue(column, out Kind kind) || kind == Kind.Plain)
        {
            return (null, value.ToObject());
        }

        if (!TryParse(text, out long time))
        {
            // Outside the years 1677 to 2262; or, if the server couldn't be asked, just a string.
            return (null, kind == Kind.Time ? WithZone(text) : text);
        }

        return kind == Kind.Time ? (time, null) : (null, WithZone(text));
    }

    private static string WithZone(string text) =>
        text.EndsWith('Z') || text.AsSpan(Math.Min(text.Length, "2026-01-01".Length)).IndexOfAny('+', '-') >= 0 ? text : text + "Z";

    private static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        Span<byte> bytes = stackalloc byte[MaximumTimeLength];
        return text.Length <= MaximumTimeLength && Ascii.FromUtf16(text, bytes, out int length) == System.Buffers.OperationStatus.Done
            && WireTime.TryParse(bytes[..length], out nanoseconds);
    }

    // The query returns no rows: it is planned and not run. An aggregate over nothing still returns the one row with the types.
    private static async ValueTask<IReadOnlyList<bool>?> QueryTypesAsync(
        InfluxQuery influx, string sql, IReadOnlyDictionary<string, FieldValue> parameters, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        IEnumerable<string> types = columns.Select((column, i) =>
            string.Create(CultureInfo.InvariantCulture, $"arrow_typeof(max({InfluxSqlRenderer.Quote(column)})) AS c{i}"));
        string question = $"SELECT {string.Join(", ", types)} FROM (SELECT * FROM (\n{sql.TrimEnd().TrimEnd(';')}\n) LIMIT 0)";
        try
        {
            await foreach (StoreRow row in influx.QuerySqlAsync(question, parameters, cancellationToken).ConfigureAwait(false))
            {
                return columns
                    .Select((_, i) => row[string.Create(CultureInfo.InvariantCulture, $"c{i}")].AsString()?.StartsWith("Timestamp", StringComparison.Ordinal) == true)
                    .ToArray();
            }
        }
        catch (InfluxException)
        {
            // The server can't do it, or the query can't be used as a subquery.
        }

        return null;
    }
}
