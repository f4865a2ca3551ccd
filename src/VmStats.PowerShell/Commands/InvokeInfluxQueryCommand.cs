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

/// <summary>Runs a query in the server's own language and gives its rows as objects, as they arrive.</summary>
/// <remarks>
/// SQL on InfluxDB 3, InfluxQL on InfluxDB 1.x and 2.x (and, with -Language, on 3). Values belong into -Parameter, never
/// into the text. All objects of an answer have the same properties: servers leave out what is null, so the first
/// thousand rows are looked through before the first is given out. PowerShell tells no names apart by case, so of two
/// columns uuid and UUID the second is given as UUID_1; so is a second column of the same name, and an alias that the
/// time or the measurement has already. A warning says which.
///
/// A time is a DateTime in local time, with the same in UTC beside it: of time, timeUtc. They hold 100 ns, and in a CSV file
/// seconds; -TimeAsText gives all nine digits and the Z of UTC. Under a name other than time
/// InfluxDB 3 sends a time as a text without its zone: the server is asked once more for the types of such columns (the
/// query is planned and not run again). Where that can't be asked (SHOW, EXPLAIN, several statements), what reads like a
/// time stays a text, with the Z of UTC.
///
/// A statement that is known to change something (DROP, DELETE, CREATE, SELECT INTO) is confirmed first; every other
/// goes to the server.
/// </remarks>
/// <example>
/// <code>Invoke-InfluxQuery 'SELECT name, max(cputime) AS cputime FROM vm_totals WHERE time > $since GROUP BY name' -Parameter @{ since = (Get-Date).AddHours(-1) }</code>
/// A question of your own, in SQL.
/// </example>
/// <example>
/// <code>Invoke-InfluxQuery 'SHOW MEASUREMENTS' -Language InfluxQL</code>
/// What is in the database?
/// </example>
/// <example>
/// <code>Invoke-InfluxQuery 'SELECT time, cputime FROM vm_totals ORDER BY time LIMIT 2' -TimeAsText</code>
/// Times with all nine digits, which go into -Parameter as they are.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "InfluxQuery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PSObject))]
public sealed class InvokeInfluxQueryCommand : StoreCmdletBase
{
    /// <summary>The statement; values stand in it as $name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string Query { get; set; } = "";

    /// <summary>The values: texts, numbers, truth values, times.</summary>
    [Parameter(Position = 1)]
    public IDictionary? Parameter { get; set; }

    /// <summary>The language of the statement. Without it, SQL on InfluxDB 3 and InfluxQL on others.</summary>
    [Parameter]
    public InfluxQueryLanguage? Language { get; set; }

    /// <summary>Times are given as texts such as 2026-01-01T00:00:00.000000001Z, to the nanosecond. -Parameter takes them back as they are.</summary>
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
            RowObjects objects = new(columns, times, TimeAsText, output.Warning);
            await foreach (StoreRow row in columns.ReadAsync(LearnAsync(rows, times, cancellationToken), cancellationToken))
            {
                output.Write(objects.Of(row));
            }
        });
    }

    // Before the first rows are given out: each has the properties of all.
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
