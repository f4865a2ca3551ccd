using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>What the module makes of a recorded answer: rows, an acknowledgement, a kind of server, or an error with its remedy.</summary>
internal static partial class RecordedOutcome
{
    private const int RowsShown = 4;

    /// <summary>Serves the answer to the call of the module that would ask like that, and tells in lines of text what came of it.</summary>
    public static async Task<string> OfAsync(string recording, RecordedExchange exchange)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        ConnectionOptions options = new()
        {
            Url = server.Url,
            Database = "rec",
            Token = new Secret("a-token", "INFLUX_TOKEN"),
            Api = ApiOf(recording, exchange),
        };
        try
        {
            return await AskAsync(server, options, exchange);
        }
        catch (VmStatsException e)
        {
            return $"{e.ErrorId} ({e.Kind}): {e.Recommendation}";
        }
    }

    // The endpoints of 1.x and 2.x on a newer server are asked as those servers are.
    private static InfluxApi ApiOf(string recording, RecordedExchange exchange) =>
        recording.StartsWith("influxdb-2", StringComparison.Ordinal) || exchange.Path.StartsWith("/api/v2/", StringComparison.Ordinal) ? InfluxApi.V2
        : recording.StartsWith("influxdb-1", StringComparison.Ordinal) || IsAt(exchange, "/query") || IsAt(exchange, "/write") ? InfluxApi.V1
        : InfluxApi.V3;

    private static async Task<string> AskAsync(Influx3StandIn server, ConnectionOptions options, RecordedExchange exchange)
    {
        if (IsAt(exchange, "/write") || IsAt(exchange, "/api/v2/write") || IsAt(exchange, "/api/v3/write_lp"))
        {
            return await WriteAsync(server, options, exchange);
        }

        bool isHealth = IsAt(exchange, "/health"), isPing = IsAt(exchange, "/ping") && exchange.Method == "GET";
        using InfluxQuery influx = new(isHealth || isPing ? options with { Api = InfluxApi.Auto } : options, new VmStats.Infrastructure.Infrastructure());
        if (isHealth)
        {
            // It is asked where /ping says nothing.
            server.Answer(404);
        }

        server.Answer(exchange);
        if (isHealth || isPing)
        {
            InfluxServerInfo info = await influx.ProbeAsync(default);
            return $"InfluxDB {info.Api}, version {info.Version ?? "untold"}, build {info.Build ?? "untold"}";
        }

        return IsAt(exchange, "/api/v3/query_sql") ? await ReadAsync(influx.QuerySqlAsync(StatementOf(exchange), null, default))
            : IsAt(exchange, "/api/v3/query_influxql") || IsAt(exchange, "/query") ? await ReadAsync(influx.QueryInfluxQLAsync(StatementOf(exchange), null, default))
            : $"{await influx.SendAsync(new HttpMethod(exchange.Method), exchange.Path[1..], null, [], default)}";
    }

    private static string StatementOf(RecordedExchange exchange)
    {
        if (exchange.Body.StartsWith("{\"", StringComparison.Ordinal))
        {
            using JsonDocument body = JsonDocument.Parse(exchange.Body);
            return body.RootElement.TryGetProperty("q", out JsonElement statement) ? statement.GetString()! : "";
        }

        return HttpUtility.ParseQueryString(exchange.Method == "POST" && exchange.Body.Length > 0 ? exchange.Body : exchange.Path.Split('?').ElementAtOrDefault(1) ?? "")["q"] ?? "";
    }

    private static bool IsAt(RecordedExchange exchange, string path) => exchange.Path.Split('?')[0] == path;

    // A point for each line that was sent. A part of them that has none of the refused lines is taken.
    private static async Task<string> WriteAsync(Influx3StandIn server, ConnectionOptions options, RecordedExchange exchange)
    {
        string[] lines = exchange.Body.StartsWith("base64:", StringComparison.Ordinal) ? [exchange.Body] : exchange.Body.Split('\n');
        int[] refused = [.. Enumerable.Range(1, lines.Length).Where(i => RefusedLine().IsMatch(lines[i - 1]))];

        // A server that drops the connection over these lines answers a write of none; questions are not what was recorded.
        bool HasRefused(StandInRequest request) => !request.Target.Contains("query", StringComparison.Ordinal) && (refused.Length == 0
            ? exchange.Status != 0 || request.Body.Length > 0
            : request.Body.TrimEnd('\n').Split('\n').Any(line => refused.Contains(int.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture))));

        // The columns are asked for first: there is no such measurement yet.
        server.Answer(200, options.Api == InfluxApi.V3 ? "" : """{"results":[{"statement_id":0}]}""")
            .Answer(request => HasRefused(request) ? exchange : null);
        PointShape shape = new("m", ["a"], ["f"]);
        await using ITelemetryStore store = StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
        WriteResult result = await store.WriteAsync([.. Enumerable.Range(1, lines.Length).Select(i => new Point(shape, i, ["x"], [FieldValue.From((long)i)]))], default);
        StringBuilder text = new($"{result.Written} of {lines.Length} written");
        foreach (RejectedPoint rejected in result.Rejected)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  line {rejected.Point.Time}: {rejected.Reason}");
        }

        return text.ToString();
    }

    private static async Task<string> ReadAsync(IAsyncEnumerable<StoreRow> rows)
    {
        StringBuilder text = new();
        int count = 0;
        await foreach (StoreRow row in rows)
        {
            if (count++ < RowsShown)
            {
                IEnumerable<string> values = row.Layout.Columns.Where(column => !row[column].IsNull).Select(column => $"{column}={Text(row[column])}");
                string shown = string.Join(' ', row.Time is long time ? values.Prepend($"at {time.ToString(CultureInfo.InvariantCulture)}") : values);
                text.Append("\n  ").Append(shown.Length > 0 ? shown : "nothing");
            }
        }

        return $"{count} rows{text}{(count > RowsShown ? "\n  ..." : "")}";
    }

    private static string Text(FieldValue value) => value.Kind switch
    {
        FieldKind.String => JsonSerializer.Serialize(value.AsString(), s_plain),
        FieldKind.Float => value.AsDouble()!.Value.ToString("R", CultureInfo.InvariantCulture) + "d",
        FieldKind.Unsigned => value + "u",
        _ => value.ToString(),
    };

    // What of the recorded lines is no line, or has a text where there is a number.
    [GeneratedRegex("^[^=]*$|f=\"te?x?t?\"|back\\\\", RegexOptions.CultureInvariant)]
    private static partial Regex RefusedLine();

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
