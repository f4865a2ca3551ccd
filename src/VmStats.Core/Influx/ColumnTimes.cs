using System.Globalization;
using System.Text;
using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Influx;

/// <summary>
/// Tells the times among the texts of an answer: JSON has none, and InfluxDB 3 writes a timestamp without its zone, as a
/// stored text might be. The server is asked once for the types of those columns whose first text reads like a time.
/// </summary>
internal sealed class ColumnTimes
{
    private const int LongestTime = 40;
    private readonly Func<IReadOnlyList<string>, CancellationToken, ValueTask<IReadOnlyList<bool>?>>? _ask;
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private RowLayout? _layout;

    private ColumnTimes(Func<IReadOnlyList<string>, CancellationToken, ValueTask<IReadOnlyList<bool>?>>? ask)
    {
        _ask = ask;
    }

    private enum Kind
    {
        /// <summary>Whatever it is, it's no time.</summary>
        Plain,

        /// <summary>The server says that it is a time.</summary>
        Time,

        /// <summary>It reads like one, and the server can't be asked.</summary>
        Untold,
    }

    /// <summary>For a statement in SQL.</summary>
    public static ColumnTimes ForSql(InfluxQuery influx, string sql, IReadOnlyDictionary<string, FieldValue> parameters) =>
        new((columns, cancellationToken) => StatementKinds.IsSqlQuery(sql) ? AskAsync(influx, sql, parameters, columns, cancellationToken) : new(result: null));

    /// <summary>For a statement in InfluxQL, which has one time only, and may give it another name.</summary>
    public static ColumnTimes ForInfluxQL(string query)
    {
        ColumnTimes times = new(ask: null);
        foreach (string name in StatementKinds.NamesOfTime(query))
        {
            times._kinds[name] = Kind.Time;
        }

        return times;
    }

    /// <summary>Looks at a row before its values are taken.</summary>
    public async ValueTask LearnAsync(StoreRow row, CancellationToken cancellationToken)
    {
        if (_ask is null)
        {
            return;
        }

        if (!ReferenceEquals(row.Layout, _layout))
        {
            _layout = row.Layout;
            _open.Clear();
            _open.AddRange(row.Layout.Columns.Where(column => !_kinds.ContainsKey(column)));
        }

        List<string>? alike = null;
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            FieldValue value = row[_open[i]];
            if (value.IsNull)
            {
                continue;
            }

            if (value.AsString() is { } text && TryParse(text, out _))
            {
                (alike ??= []).Add(_open[i]);
            }
            else
            {
                _kinds[_open[i]] = Kind.Plain;
            }

            _open.RemoveAt(i);
        }

        if (alike is not null)
        {
            IReadOnlyList<bool>? told = await _ask(alike, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < alike.Count; i++)
            {
                // What the user calls the time is one, where nobody says otherwise.
                _kinds[alike[i]] = told is null ? alike[i] == "time" ? Kind.Time : Kind.Untold : told[i] ? Kind.Time : Kind.Plain;
            }
        }
    }

    /// <summary>True for a column that is known to hold times.</summary>
    public bool IsTime(string column) => _kinds.TryGetValue(column, out Kind kind) && kind == Kind.Time;

    /// <summary>A column's value: of a time UTC nanoseconds, else what there is. A text that may be a time is given with the zone that it is in.</summary>
    public (long? Time, object? Value) Read(string column, FieldValue value)
    {
        if (value.AsString() is not { } text || !_kinds.TryGetValue(column, out Kind kind) || kind == Kind.Plain)
        {
            return (null, value.ToObject());
        }

        if (!TryParse(text, out long time))
        {
            // Beyond 1677 to 2262; or, where nobody could be asked, a text after all.
            return (null, kind == Kind.Time ? WithZone(text) : text);
        }

        return kind == Kind.Time ? (time, null) : (null, WithZone(text));
    }

    private static string WithZone(string text) =>
        text.EndsWith('Z') || text.AsSpan(Math.Min(text.Length, "2026-01-01".Length)).IndexOfAny('+', '-') >= 0 ? text : text + "Z";

    private static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        Span<byte> bytes = stackalloc byte[LongestTime];
        return text.Length <= LongestTime && Ascii.FromUtf16(text, bytes, out int length) == System.Buffers.OperationStatus.Done
            && WireTime.TryParse(bytes[..length], out nanoseconds);
    }

    // Of no row at all: the query is planned and not run. An aggregate over nothing still gives the one row that names the types.
    private static async ValueTask<IReadOnlyList<bool>?> AskAsync(
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
            // A server that can't say it, or a query that can't stand in another.
        }

        return null;
    }
}
