using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Errors;
using VmStats.Points;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Transformation;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx.Statements;
using VmStats.Stores.Influx3;

namespace VmStats.PowerShell.Commands;

/// <summary>Runs a query in the server's own language and returns its rows as objects, as they arrive.</summary>
/// <remarks>
/// The language is SQL on InfluxDB 3, and InfluxQL on InfluxDB 1.x and 2.x (and, with -Language, on 3). Pass values with
/// -Parameter, never in the query text. All objects of a result have the same properties: servers omit nulls, so the first
/// thousand rows are examined before the first object is written. Property names in PowerShell are case-insensitive, so of
/// two columns uuid and UUID the second becomes UUID_1; so does a second column of the same name, and an alias equal to the
/// name of the time or the measurement. A warning names the renamed columns.
///
/// A time is a DateTime in local time, with a second property in UTC: timeUtc for time. Their resolution is 100 ns, and
/// seconds in a CSV file; -TimeAsText returns all nine digits and the Z of UTC. InfluxDB 3 sends times in columns not named
/// time as text without a time zone, so the types of such columns are requested from the server (the query is planned but
/// not run again). If that isn't possible (SHOW, EXPLAIN, several statements), a value that looks like a time stays text,
/// with the Z of UTC.
///
/// A statement that is known to change data or schema (DROP, DELETE, CREATE, SELECT INTO) must be confirmed first; any other
/// is sent to the server.
/// </remarks>
/// <example>
/// <code>Invoke-InfluxQuery 'SELECT name, max(cputime) AS cputime FROM vm_totals WHERE time > $since GROUP BY name' -Parameter @{ since = (Get-Date).AddHours(-1) }</code>
/// Runs a query of your own in SQL.
/// </example>
/// <example>
/// <code>Invoke-InfluxQuery 'SHOW MEASUREMENTS' -Language InfluxQL</code>
/// Lists the measurements in the database.
/// </example>
/// <example>
/// <code>Invoke-InfluxQuery 'SELECT time, cputime FROM vm_totals ORDER BY time LIMIT 2' -TimeAsText</code>
/// Returns times with all nine digits, which can be passed to -Parameter unchanged.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "InfluxQuery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PSObject))]
public sealed class InvokeInfluxQueryCommand : StoreCmdletBase
{
    /// <summary>The statement; it refers to parameters as $name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string Query { get; set; } = "";

    /// <summary>The values of the statement's parameters: strings, numbers, Booleans and times.</summary>
    [Parameter(Position = 1)]
    public IDictionary? Parameter { get; set; }

    /// <summary>The language of the statement. By default, SQL on InfluxDB 3 and InfluxQL on other servers.</summary>
    [Parameter]
    public InfluxQueryLanguage? Language { get; set; }

    /// <summary>Returns times as strings with nanoseconds, such as 2026-01-01T00:00:00.000000001Z. -Parameter accepts them unchanged.</summary>
    [Parameter]
    public SwitchParameter TimeAsText { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        InfluxQuery influx = ResolvedConnection.Store is InfluxStore store ? store.Influx : throw NoLanguage();
        IReadOnlyDictionary<string, FieldValue> parameters = QueryParameter.ReadAll(Parameter);
        if (StatementKinds.ModifiesData(Query) && !ShouldProcess($"{influx.Address} ({influx.Database})", Query))
        {
            return;
        }

        Run(async (output, cancellationToken) =>
        {
            InfluxApi api = await influx.GetApiAsync(cancellationToken);
            bool isSql = Language is InfluxQueryLanguage.Sql || (Language is null && api == InfluxApi.V3);
            IAsyncEnumerable<StoreRow> rows = !isSql ? influx.QueryInfluxQLAsync(Query, parameters, cancellationToken)
                : api == InfluxApi.V3 ? influx.QuerySqlAsync(Query, parameters, cancellationToken)
                : throw NoSql();
            StableColumns columns = new();
            ColumnTimes times = isSql ? ColumnTimes.ForSql(influx, Query, parameters) : ColumnTimes.ForInfluxQL(Query);
            RowObjectFactory objects = new(columns, times, TimeAsText, output.Warning);
            await foreach (StoreRow row in columns.ReadAsync(LearnAsync(rows, times, cancellationToken), cancellationToken))
            {
                output.Write(objects.Create(row));
            }
        });
    }

    // Runs before the first rows are written, since each object has the properties of all of them.
    private static async IAsyncEnumerable<StoreRow> LearnAsync(
        IAsyncEnumerable<StoreRow> rows, ColumnTimes times, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken))
        {
            await times.ExamineAsync(row, cancellationToken);
            yield return row;
        }
    }

    private VmStatsException NoSql() => new(
        ErrorIds.QueryLanguageNotSupported,
        VmStatsErrorKind.NotSupported,
        $"{ResolvedConnection.Address} is no InfluxDB 3 Core or Enterprise: it has no SQL over HTTP.",
        "Ask in InfluxQL: -Language InfluxQL.",
        ResolvedConnection.Address);

    private VmStatsException NoLanguage() => new(
        ErrorIds.QueryLanguageNotSupported,
        VmStatsErrorKind.NotSupported,
        $"The embedded store {ResolvedConnection.Address} has no query language of its own.",
        "Get-VmTelemetry and Measure-VmTelemetry ask it; for raw SQL, open a copy of the file with sqlite3. Connect-VmStats -Url names an InfluxDB.",
        ResolvedConnection.Address);
}
