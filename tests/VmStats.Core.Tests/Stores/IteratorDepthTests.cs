using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores;

/// <summary>
/// Through how many async iterators a row passes, from the body of the server's answer to who consumes the telemetry. They are
/// counted in the stack of the read that fetches the rows: all that this server does is done at once, so that nothing that
/// waits for the row is missing in the stack. And how often the columns are asked for: once.
/// </summary>
public sealed class IteratorDepthTests
{
    private const int MaxIterators = 5;
    private static readonly long s_now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);

    public static TheoryData<InfluxApi, string> Ways => new()
    {
        { InfluxApi.V3, "range" }, { InfluxApi.V3, "buckets" }, { InfluxApi.V3, "latest" }, { InfluxApi.V3, "figures" }, { InfluxApi.V3, "first query" },
        { InfluxApi.V1, "range" }, { InfluxApi.V1, "buckets" }, { InfluxApi.V1, "latest" }, { InfluxApi.V1, "figures" }, { InfluxApi.V1, "first query" },
        { InfluxApi.V2, "buckets" }, { InfluxApi.V3Distributed, "latest" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_row_passes_five_iterators_at_most(InfluxApi api, string way)
    {
        using ImmediateServer server = new(api == InfluxApi.V3);
        int rows = await ConsumeAsync(server, api, way, new TimeRange(s_now - Seconds(3600), s_now + Seconds(1)), null);
        Assert.True(rows > 0, "No row came.");
        Assert.InRange(server.Depth, 2, MaxIterators);
        Assert.Equal(1, server.SchemaRequests);
    }

    // Slices are read by tasks of their own. What hears of their progress stands where their rows go on from.
    [Theory]
    [InlineData("range")]
    [InlineData("buckets")]
    [InlineData("figures")]
    public async Task A_row_of_a_slice_passes_five_iterators_at_most(string way)
    {
        using ImmediateServer server = new(isInflux3: true);
        SliceObserver observer = new();
        int rows = await ConsumeAsync(server, InfluxApi.V3, way, new TimeRange(s_now - Seconds(9 * 86400), s_now + Seconds(1)), observer);
        Assert.True(rows > 0, "No row came.");
        Assert.True(observer.Slices > 1, "It was one slice.");
        Assert.True(server.Depth >= 1 && observer.Depth >= 2, $"{server.Depth}, {observer.Depth}");
        Assert.InRange(server.Depth + observer.Depth, 3, MaxIterators);
        Assert.Equal(1, server.SchemaRequests);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> ConsumeAsync(ImmediateServer server, InfluxApi api, string way, TimeRange range, SliceObserver? observer)
    {
        ConnectionOptions options = new() { Url = new Uri("http://127.0.0.1:1"), Database = "metrics", Api = way == "first query" && api == InfluxApi.V3 ? InfluxApi.Auto : api };
        await using InfluxStore opened = new(options, new VmStats.Infrastructure.Infrastructure(), server);
        ITelemetryStore store = observer is null ? opened : new ObservedStore(opened, observer);
        SeriesReader series = new(store, new TelemetryReaderOptions());
        TelemetryReader reader = new(store);
        SeriesRequest request = new(VmMetrics.Set);
        RollupRequest rollup = new(Seconds(300), TelemetryRollup.Average, TelemetryFill.None, VmMetrics.Set.Metrics);
        Aggregation figures = new([new(AggregateFunction.Average, "cputime", "mean")], []);
        return way switch
        {
            "range" => await CountAsync(reader.GetRangeAsync(request, range, default)),
            "buckets" => await CountAsync(reader.GetBucketsAsync(request, range, rollup, default)),
            "latest" => await CountAsync(reader.GetLatestAsync(request, reportMissing: false, default)),
            "figures" => await CountAsync(series.ReadAggregatesAsync(request, range, figures, default)),
            _ => await CountAsync(store.QueryAsync(new StoreQuery("vm_totals") { Start = range.Start }, default)),
        };
    }

    private static async Task<int> CountAsync<T>(IAsyncEnumerable<T> rows)
    {
        int count = 0;
        await foreach (T row in rows)
        {
            count++;
        }

        return count;
    }

    private static long Seconds(long seconds) => seconds * UnixTime.NanosecondsPerSecond;

    // Iterators by the compiler go on by MoveNext, all others by MoveNextAsync.
    private static int CountIterators() => new StackTrace(fNeedFileInfo: false).GetFrames().Count(frame => frame.GetMethod() is { DeclaringType: { } type } method
        && type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IAsyncEnumerator<>))
        && method.Name.EndsWith(typeof(IAsyncStateMachine).IsAssignableFrom(type) ? "MoveNext" : "MoveNextAsync", StringComparison.Ordinal));

    private sealed class SliceObserver : IQueryObserver
    {
        public int Depth { get; private set; }

        public int Slices { get; private set; }

        // Before the first slice only: once a slice was waited for, whoever waits is above who is waited for, and asks again from there.
        public void OnProgress(QueryProgress progress) => (Depth, Slices) = progress.Done == 0 ? (CountIterators(), progress.Total) : (Depth, Slices);

        public void OnWarning(string text)
        {
        }
    }

    /// <summary>Answers at once, and looks at the stack of whoever reads the rows.</summary>
    private sealed class ImmediateServer(bool isInflux3) : HttpMessageHandler
    {
        public int Depth { get; set; }

        public int SchemaRequests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string asked = request.Content is null ? "" : WebUtility.UrlDecode(request.Content.ReadAsStringAsync(cancellationToken).GetAwaiter().GetResult());
            SchemaRequests += asked.Contains("information_schema", StringComparison.Ordinal) || asked.Contains("SHOW TAG KEYS", StringComparison.Ordinal) ? 1 : 0;
            string answer = request.RequestUri!.AbsolutePath == "/ping" ? """{"version":"3.10.0","process_id":"1"}""" : isInflux3 ? Lines(asked) : Results(asked);
            HttpResponseMessage response = new(HttpStatusCode.OK) { Content = new StreamContent(new LookingStream(this, answer, looks: answer.Contains("web", StringComparison.Ordinal))) };
            response.Content.Headers.ContentType = new(isInflux3 && request.Content is not null ? "application/jsonl" : "application/json");
            return Task.FromResult(response);
        }

        private static string Lines(string sql) =>
            sql.Contains("information_schema", StringComparison.Ordinal)
                ? """
                    {"column_name":"uuid","data_type":"Dictionary(Int32, Utf8)"}
                    {"column_name":"name","data_type":"Dictionary(Int32, Utf8)"}
                    {"column_name":"cputime","data_type":"Int64"}
                    {"column_name":"time","data_type":"Timestamp(Nanosecond, None)"}

                    """.Replace("\r", "", StringComparison.Ordinal)
                : sql.Contains("system.", StringComparison.Ordinal) ? ""
                : $$"""{"time":"{{UnixTime.ToText(s_now - Seconds(10))}}","uuid":"11111111-1111-1111-1111-111111111111","name":"web","cputime":5,"mean":5.0}""" + "\n";

        private static string Results(string query) => query.Contains("SHOW ", StringComparison.Ordinal)
            ? """{"results":[{"series":[{"columns":["tagKey"],"values":[["uuid"],["name"]]}]},{"series":[{"columns":["fieldKey","fieldType"],"values":[["cputime","integer"]]}]}]}"""
            : $$"""{"results":[{"series":[{"name":"vm_totals","tags":{"uuid":"11111111-1111-1111-1111-111111111111","name":"web"},"columns":["time","cputime","mean"],"values":[[{{s_now - Seconds(10)}},5,5]]}]}]}""";
    }

    private sealed class LookingStream(ImmediateServer server, string text, bool looks) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (looks)
            {
                server.Depth = Math.Max(server.Depth, CountIterators());
            }

            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
