using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Transformation;
using VmStats.Stores;

namespace VmStats.PowerShell.Commands;

/// <summary>Runs a query in the server's own language and gives its rows as objects, as they arrive.</summary>
/// <remarks>
/// SQL on InfluxDB 3, InfluxQL on InfluxDB 1.x and 2.x (and, with -Language, on 3). Values belong into -Parameter, never
/// into the text. All objects of an answer have the same properties: servers leave out what is null, so the first
/// thousand rows are looked through before the first is given out. Times are DateTimeOffset in UTC. A statement that
/// isn't a question (DROP, DELETE, CREATE, SELECT INTO) is confirmed first.
/// </remarks>
/// <example>
/// <code>Invoke-InfluxQuery 'SELECT name, max(cputime) AS cputime FROM vm_totals WHERE time > $since GROUP BY name' -Parameter @{ since = (Get-Date).AddHours(-1) }</code>
/// A question of your own, in SQL.
/// </example>
/// <example>
/// <code>Invoke-InfluxQuery 'SHOW MEASUREMENTS' -Language InfluxQL</code>
/// What is in the database?
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "InfluxQuery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PSObject))]
public sealed partial class InvokeInfluxQueryCommand : StoreCommand
{
    private const string TimeColumn = "time";

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

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        InfluxQuery influx = Guard(() => ResolvedConnection.Store is InfluxStore store ? store.Influx : throw NoLanguage());
        IReadOnlyDictionary<string, FieldValue> parameters = Guard(() => QueryParameter.ReadAll(Parameter));
        if (!IsQuestion(Query) && !ShouldProcess($"{influx.Address} ({influx.Database})", Query))
        {
            return;
        }

        Run(async (output, cancellationToken) =>
        {
            InfluxApi api = await influx.GetApiAsync(cancellationToken);
            IAsyncEnumerable<StoreRow> rows = (Language, api) switch
            {
                (InfluxQueryLanguage.Sql or null, InfluxApi.V3) => influx.QuerySqlAsync(Query, parameters, cancellationToken),
                (InfluxQueryLanguage.Sql, _) => throw NoSql(),
                _ => influx.QueryInfluxQLAsync(Query, parameters, cancellationToken),
            };
            StableColumns columns = new();
            await foreach (StoreRow row in columns.ReadAsync(rows, cancellationToken))
            {
                output.Write(ToObject(row, columns));
            }
        });
    }

    private static PSObject ToObject(StoreRow row, StableColumns columns)
    {
        // Without a capacity: compiled against PowerShell Standard, a number would be the object that is wrapped.
        PSObject item = new();
        if (columns.HasTime)
        {
            Add(item, TimeColumn, row.Time is long time ? UnixTime.FromNanoseconds(time) : null);
        }

        foreach (string column in columns.Columns)
        {
            if (columns.HasTime && column == TimeColumn)
            {
                // Not a time in some row, but one in others.
                continue;
            }

            Add(item, column, row[column].ToObject());
        }

        return item;
    }

    // Values are never wrapped again: pre-validated members spare a lookup of each name.
    private static void Add(PSObject item, string name, object? value) => item.Properties.Add(new PSNoteProperty(name, value), preValidated: true);

    private static bool IsQuestion(string query) =>
        query.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .All(statement => Question().IsMatch(statement) && !Into().IsMatch(statement));

    [GeneratedRegex(@"\A(\s|\()*(SELECT|SHOW|EXPLAIN|DESCRIBE|WITH)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Question();

    [GeneratedRegex(@"\bINTO\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Into();

    private VmStatsException NoSql() => new(
        "QueryLanguageNotSupported",
        VmStatsErrorKind.NotSupported,
        $"{ResolvedConnection.Address} is no InfluxDB 3 Core or Enterprise: it has no SQL over HTTP.",
        "Ask in InfluxQL: -Language InfluxQL.",
        ResolvedConnection.Address);

    private VmStatsException NoLanguage() => new(
        "QueryLanguageNotSupported",
        VmStatsErrorKind.NotSupported,
        $"The embedded store {ResolvedConnection.Address} has no query language of its own.",
        "Get-VmTelemetry and Measure-VmTelemetry ask it; for raw SQL, open a copy of the file with sqlite3. Connect-VmStats -Url names an InfluxDB.",
        ResolvedConnection.Address);
}
