using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Core.Tests.Stores.Influx3;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Core.Tests.Telemetry;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>What is remembered of a table's columns, while others add columns to it or make it anew.</summary>
public sealed class SchemaCacheTests(Influx1 influx1, Influx3Server influx3) : IClassFixture<Influx1>, IClassFixture<Influx3Server>
{
    private const string Web = "11111111-1111-1111-1111-111111111111";
    private const string Ours = $"vm_totals,VMID=7,name=web,uuid={Web}";
    private static readonly long s_now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);
    private readonly ManualTime _clock = new(DateTimeOffset.UtcNow);

    // InfluxDB 1.x and 3: the versions have each their own way to say, or not to say, that a column isn't there.
    public enum Version
    {
        V1,
        V3,
    }

    [SkippableTheory]
    [InlineData(Version.V1)]
    [InlineData(Version.V3)]
    public async Task What_another_program_adds_is_seen_within_a_minute(Version version)
    {
        Place place = await MakeAsync(version);
        await place.WriteAsync($"{Ours} state=1i,cputime=1000i {At(0)}");
        await using InfluxStore store = Open(place);
        VmTelemetry before = Assert.Single(await SamplesAsync(store));
        Assert.False(before.IsSimulated);

        await place.WriteAsync($"{Ours},simulated=true state=1i,cputime=2000i,net_rxbytes=5i {At(10)}");
        Assert.Equal(2, (await SamplesAsync(store)).Count);
        _clock.Advance(TimeSpan.FromSeconds(61));
        VmTelemetry after = (await SamplesAsync(store))[^1];
        Assert.True(after.IsSimulated);
        Assert.Equal(5L, (await RowsAsync(store, new StoreQuery("vm_totals")))[^1]["net_rxbytes"].AsInt64());
    }

    [SkippableTheory]
    [InlineData(Version.V1)]
    [InlineData(Version.V3)]
    public async Task What_another_session_of_this_process_adds_is_seen_at_once(Version version)
    {
        Place place = await MakeAsync(version);
        await using InfluxStore reader = Open(place), writer = Open(place);
        PointShape shape = new("vm_totals", ["VMID", "name", "uuid"], ["state"]), wider = new("vm_totals", ["VMID", "name", "uuid", "simulated"], ["state", "cputime"]);
        await writer.WriteAsync([new Point(shape, At(0), ["7", "web", Web], [FieldValue.From(1L)])], default);
        Assert.False(Assert.Single(await SamplesAsync(reader)).IsSimulated);

        await writer.WriteAsync([new Point(wider, At(10), ["7", "web", Web, "true"], [FieldValue.From(1L), FieldValue.From(2L)])], default);
        Assert.True((await SamplesAsync(reader))[^1].IsSimulated);
        Assert.Equal(2L, (await RowsAsync(reader, new StoreQuery("vm_totals")))[^1]["cputime"].AsInt64());
    }

    [SkippableTheory]
    [InlineData(Version.V1)]
    [InlineData(Version.V3)]
    public async Task A_table_that_was_made_anew_is_read_by_its_new_columns(Version version)
    {
        Place place = await MakeAsync(version);
        await place.WriteAsync($"{Ours} state=1i,cputime=1000i {At(0)}\n{Ours} state=1i,cputime=2000i {At(10)}");
        await using InfluxStore store = Open(place);
        Assert.Equal(2, (await SamplesAsync(store)).Count);

        // The same VM in the original's other vocabulary, with a float where an integer was. Each way of reading has the old columns in mind.
        MonitoredVm[] web = [TelemetryTable.Vm(Web, "web")];
        Func<InfluxStore, Task<string>>[] ways =
        [
            async one => Assert.Single(await SamplesAsync(one)).Name!,
            async one => Assert.Single(await SamplesAsync(one, web)).Name!,
            async one => Assert.Single(await TelemetryTable.ListAsync(Reader(one).GetLatestAsync(new SeriesRequest(VmMetrics.Set, web), reportMissing: false, default))).Name!,
            async one => Assert.Single(await Reader(one).ListVmsAsync(default)).Name,
            async one => Assert.Single(await RowsAsync(one, new StoreQuery("vm_totals")))["Dom"].ToString(),
            async one => Assert.Single(await RowsAsync(one, new StoreQuery("vm_totals") { Filters = [new ColumnFilter(["uuid", "UUID"], [FieldValue.From(Web)])] }))["Dom"].ToString(),
            async one => Assert.Single(await RowsAsync(one, new StoreQuery("vm_totals") { Distinct = ["name", "Dom"] }))["Dom"].ToString(),
            async one => Assert.Single(await RowsAsync(one, new StoreQuery("vm_totals") { Latest = new LatestPerGroup(["uuid", "UUID"], 1) }))["Dom"].ToString(),
        ];
        for (int i = 0; i < ways.Length; i++)
        {
            await place.DropAsync("vm_totals");
            await place.WriteAsync($"{Ours} state=1i,cputime=1000i {At(0)}");
            await using InfluxStore one = Open(place);
            Assert.Equal("web", (await RowsAsync(one, new StoreQuery("vm_totals")))[0]["name"].AsString());
            await place.DropAsync("vm_totals");
            await place.WriteAsync($"vm_totals,VMID=8,Dom=renamed,UUID={Web} state=1i,cputime=3000.5 {At(20)}");
            _clock.Advance(TimeSpan.FromSeconds(2));
            Assert.True(await ways[i](one) == "renamed", $"way {i}");
        }

        Assert.Equal(3000.5, (await RowsAsync(store, new StoreQuery("vm_totals")))[0]["cputime"].AsDouble());
        await place.DropAsync("vm_totals");
        Assert.Empty(await RowsAsync(store, new StoreQuery("vm_totals")));
        Assert.Null(await store.GetSchemaAsync("no_such_table", default));
    }

    [Fact]
    public async Task Two_sessions_of_the_embedded_store_see_what_the_other_adds()
    {
        await using StoreFixture fixture = new();
        EmbeddedStore reader = fixture.Open(), writer = fixture.Open();
        await writer.WriteAsync([StoreFixture.Vm("7", Web, 0, 1000)], default);
        Assert.False(Assert.Single(await SamplesAsync(reader)).IsSimulated);
        PointShape wider = new("vm_totals", ["VMID", "name", "uuid", "simulated"], ["state"]);
        await writer.WriteAsync([new Point(wider, StoreFixture.T0 + StoreFixture.Second, ["7", "web", Web, "true"], [FieldValue.From(1L)])], default);
        Assert.True((await SamplesAsync(reader))[^1].IsSimulated);
    }

    [Fact]
    public async Task What_is_contradicted_is_asked_again_once_and_the_error_stays_where_nothing_is_new()
    {
        int asked = 0, read = 0;
        MeasurementSchema schema = new("m", ["a"], new Dictionary<string, FieldKind> { ["f"] = FieldKind.Integer });
        VmStats.Infrastructure.Infrastructure infrastructure = new();
        using InfluxQuery influx = new(new ConnectionOptions { Url = new Uri("http://127.0.0.1:1"), Database = $"{Guid.NewGuid()}", Api = InfluxApi.V3 }, infrastructure);
        Func<int, Exception?> faultOf = _ => null;
        await using ScriptedStore store = new(
            influx, new ScriptedSchema(() => schema with { Tags = [.. schema.Tags.Take(++asked)] }), new ReadRetry(infrastructure), _clock, () => RowsOf(faultOf(++read)));
        async Task<int> CountAsync(Func<int, Exception?> fault)
        {
            faultOf = fault;
            return (await TelemetryTable.ListAsync(store.QueryAsync(new StoreQuery("m"), default))).Count;
        }

        InfluxException contradiction = new("InfluxColumnNotFound", VmStatsErrorKind.NotFound, "No field named x");

        // Not remembered yet: it was asked just now, and what it says is the same when it is asked again.
        Assert.Same(contradiction, await Assert.ThrowsAsync<InfluxException>(() => CountAsync(_ => contradiction)));
        Assert.Equal((2, 1), (asked, read));

        // Another failure is no contradiction.
        await Assert.ThrowsAsync<TimeoutException>(() => CountAsync(_ => new TimeoutException()));
        Assert.Equal((2, 2), (asked, read));

        // The columns are others: one more query, of which a second contradiction is thrown.
        schema = schema with { Tags = ["a", "b"] };
        Assert.Equal(1, await CountAsync(query => query == 3 ? contradiction : null));
        Assert.Equal((3, 4), (asked, read));
        schema = schema with { Tags = ["a", "b", "c"] };
        Assert.Same(contradiction, await Assert.ThrowsAsync<InfluxException>(() => CountAsync(_ => contradiction)));
        Assert.Equal((4, 6), (asked, read));

        // What is remembered is given without a question, for a minute, and the same object stays where the columns do.
        MeasurementSchema? known = await store.GetSchemaAsync("m", default);
        Assert.Equal(4, asked);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Same(known, await store.GetSchemaAsync("m", default));
        Assert.Equal(5, asked);
    }

    private static async IAsyncEnumerable<StoreRow> RowsOf(Exception? fault)
    {
        await Task.Yield();
        if (fault is not null)
        {
            throw fault;
        }

        yield return new StoreRow(new RowLayout(["a"]), null, [default]);
    }

    private static long At(int seconds) => s_now - (300 * UnixTime.NanosecondsPerSecond) + (seconds * UnixTime.NanosecondsPerSecond);

    private InfluxStore Open(Place place) => new(place.Options, new VmStats.Infrastructure.Infrastructure(), clock: _clock);

    private TelemetryReader Reader(ITelemetryStore store) => new(store, new TelemetryReaderOptions { Clock = _clock });

    private Task<List<VmTelemetry>> SamplesAsync(ITelemetryStore store, MonitoredVm[]? vms = null) =>
        TelemetryTable.ListAsync(Reader(store).GetRangeAsync(new SeriesRequest(VmMetrics.Set, vms), default, default));

    private static async Task<List<StoreRow>> RowsAsync(InfluxStore store, StoreQuery query) => await TelemetryTable.ListAsync(store.QueryAsync(query, default));

    private async Task<Place> MakeAsync(Version version)
    {
        if (version == Version.V1)
        {
            Part.Require(InfluxServer.WhyAbsent);
            string database = await influx1.Server.CreateDatabaseAsync();
            return new Place(
                new ConnectionOptions { Url = influx1.Server.Url, Database = database },
                lines => influx1.Server.WriteAsync(database, lines),
                table => influx1.Server.QueryAsync($"DROP MEASUREMENT {table}", database));
        }

        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        return new Place(
            options,
            lines => SendAsync(options, HttpMethod.Post, $"write_lp?db={options.Database}&precision=nanosecond", lines),
            table => SendAsync(options, HttpMethod.Delete, $"configure/table?db={options.Database}&table={table}&hard_delete_at=now", null));
    }

    private static async Task SendAsync(ConnectionOptions options, HttpMethod method, string path, string? body)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(method, new Uri(options.Url!, "/api/v3/" + path)) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Authorization = new("Bearer", options.Token!.Reveal());
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A store whose queries are answered by the test.</summary>
    private sealed class ScriptedStore(InfluxQuery influx, ISchemaReader schemas, ReadRetry retry, TimeProvider clock, Func<IAsyncEnumerable<StoreRow>> answer)
        : InfluxServerStore(influx, schemas, retry, clock)
    {
        protected override ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken) => OpenedRows.OpenAsync(answer(), cancellationToken);
    }

    private sealed class ScriptedSchema(Func<MeasurementSchema> answer) : ISchemaReader
    {
        public bool IsSilent => false;

        public ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken) => new(answer());
    }

    /// <summary>A database, and the ways by which another program writes to it.</summary>
    private sealed record Place(ConnectionOptions Options, Func<string, Task> WriteAsync, Func<string, Task> DropAsync);
}
