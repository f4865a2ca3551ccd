using System.Net.Http.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Initialization;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>What the caches of InfluxDB 3 lack must be seen by nobody: the latest is what a range of all time ends with.</summary>
public sealed class Influx3CacheTests(Influx3Releases servers) : IClassFixture<Influx3Releases>
{
    private const long Second = UnixTime.NanosecondsPerSecond;
    private const long Minute = 60 * Second;
    private const long Day = 1440 * Minute;
    private static readonly string[] s_fields = ["cputime", "cpus", "memrss", "net_rxbytes"];
    private static readonly PointShape s_shape = new("vm_totals", ["VMID", "name", "uuid"], s_fields);

    /// <summary>How the caches come to be.</summary>
    public enum Made
    {
        /// <summary>By Initialize-VmStatsDatabase, before there is data.</summary>
        First,

        /// <summary>By Initialize-VmStatsDatabase, on a database with data.</summary>
        Late,

        /// <summary>By somebody else, with a row of each VM and of two VMs only.</summary>
        Small,
    }

    public static TheoryData<Influx3Release, Influx3CacheFaults, Made> Cases()
    {
        TheoryData<Influx3Release, Influx3CacheFaults, Made> cases = [];
        foreach (Influx3CacheFaults faults in Enum.GetValues<Influx3CacheFaults>())
        {
            cases.Add(Influx3Release.V310, faults, faults == Influx3CacheFaults.EmptyAtCreation ? Made.Late : Made.First);
        }

        cases.Add(Influx3Release.V310, Influx3CacheFaults.All, Made.Late);
        cases.Add(Influx3Release.V310, Influx3CacheFaults.All, Made.Small);

        // The releases differ in statuses and words; the faults are those of both.
        cases.Add(Influx3Release.V36, Influx3CacheFaults.All, Made.First);
        cases.Add(Influx3Release.V36, Influx3CacheFaults.All, Made.Late);
        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task The_latest_is_what_a_range_of_all_time_ends_with(Influx3Release release, Influx3CacheFaults faults, Made made)
    {
        Database database = Open(release, faults);
        await using Session watching = new(database);
        long now = watching.Now;
        if (made == Made.First)
        {
            await database.InitializeAsync();
        }

        // A VM that is live, one that is sampled every twenty minutes, one that has been silent for a day and one for five, one
        // that older writers knew by its UUID alone, one that was seen once, and one that was renamed.
        await database.WriteAsync([.. Enumerable.Range(1, 5).Select(i => Make("live", now - (i * 10 * Second)))]);
        await database.WriteAsync([Make("slow", now - (45 * Minute)), Make("slow", now - (25 * Minute)), Make("once", now - (3 * Day))]);
        await database.WriteAsync([Make("silent", now - Day - Minute), Make("silent", now - Day - (2 * Minute)), Make("gone", now - (5 * Day))]);
        await database.WriteAsync([Make(null, now - (2 * Day), "u"), Make(null, now - (2 * Day) - Minute, "u")]);
        await database.WriteAsync([Make("before", now - (3 * Minute), "renamed"), Make("after", now - (2 * Minute), "renamed")]);
        await ComeToAgreeAsync(watching, database);
        database.Server.Snapshot();
        await (made switch
        {
            Made.First => Task.CompletedTask,
            Made.Late => database.InitializeAsync(),
            _ => database.MakeSmallCachesAsync(),
        });
        await ComeToAgreeAsync(watching, database);

        // New rows, of which a session hears at once; then older ones, which a spool holds back, after newer ones.
        now = watching.Now;
        await database.WriteAsync([Make("live", now - (2 * Second)), Make("slow", now - (3 * Second)), Make("new", now - Second)]);
        await AgreeAsync(watching);
        await database.WriteAsync([Make("live", now - (5 * Second)), Make("slow", now - (15 * Minute)), Make("silent", now - Day - (90 * Second)), Make("gone", now - (4 * Day))]);
        await ComeToAgreeAsync(watching, database);

        // Two lines of one row.
        now = watching.Now;
        await database.WriteAsync([Make("live", now, fields: 2), Make("silent", now - (2 * Minute), fields: 1)]);
        await database.WriteAsync([Make("live", now, fields: 2, from: 2), Make("silent", now - (2 * Minute), fields: 3, from: 1)]);
        await ComeToAgreeAsync(watching, database);

        // What is written after a start is all that a cache has then.
        database.Server.Snapshot();
        database.Server.Restart();
        await ComeToAgreeAsync(watching, database);
        now = watching.Now;
        await database.WriteAsync([Make("live", now - Second), Make("gone", now - Day - Second), Make(null, now - Second, "u")]);
        database.Server.Restart();
        await ComeToAgreeAsync(watching, database);
    }

    [SkippableTheory]
    [InlineData(Influx3Release.V36, true)]
    [InlineData(Influx3Release.V310, true)]
    [InlineData(Influx3Release.V310, false)]
    public async Task The_table_is_asked_for_its_VMs_once_while_a_cache_hears_of_all_that_comes(Influx3Release release, bool hasCaches)
    {
        Database database = Open(release, Influx3CacheFaults.All);
        await using Session session = new(database);
        long now = session.Now;
        await database.WriteAsync([Make("live", now - Second), Make("live", now - (2 * Second)), Make("silent", now - Day)]);
        if (hasCaches)
        {
            await database.InitializeAsync();
        }

        async Task ExpectAsync(int asked)
        {
            int before = database.Server.Requests.Count;
            await session.LatestAsync();
            string[] statements = [.. database.Server.Requests.Skip(before).Select(request => request.Body)];
            Assert.Equal(asked, statements.Count(statement => statement.Contains("SELECT DISTINCT", StringComparison.Ordinal)));

            // And counted are the rows of VMs that were not heard of in the last minutes, never all.
            Assert.All(
                statements.Where(statement => statement.Contains("max(\\u0022time", StringComparison.Ordinal)),
                statement => Assert.Contains($"\"{UuidOf("silent")}\"", statement, StringComparison.Ordinal));
            await AgreeAsync(session);
        }

        await ExpectAsync(1);
        await ExpectAsync(0);
        session.Clock.Advance(TimeSpan.FromSeconds(61));

        // The cache hears of a row that is neither new nor known; without one the table is asked.
        await database.WriteAsync([Make("silent", now - (3 * 60 * Minute))]);
        await ExpectAsync(hasCaches ? 0 : 1);
        session.Clock.Advance(TimeSpan.FromSeconds(61));
        database.Server.Restart();
        await ExpectAsync(1);
        session.Clock.Advance(TimeSpan.FromHours(2));
        await ExpectAsync(1);
    }

    [SkippableFact]
    public async Task What_this_process_writes_late_is_seen_at_once()
    {
        Database database = Open(Influx3Release.V310, Influx3CacheFaults.All);
        await using Session session = new(database);
        long now = session.Now;
        await session.Store.WriteAsync([Make("live", now), Make("silent", now - (2 * Day))], default);
        await AgreeAsync(session);
        await session.Store.WriteAsync([Make("silent", now - Day), Make("late", now - Day)], default);
        await AgreeAsync(session);
        Assert.Equal(["late", "live", "silent"], (await session.LatestAsync()).Select(vm => vm.Name));
    }

    [SkippableFact]
    public async Task What_a_cache_lacks_is_named_and_read_from_the_table()
    {
        Database database = Open(Influx3Release.V36, Influx3CacheFaults.All);
        await using Session session = new(database);
        long now = session.Now;
        await database.WriteAsync([Make("web", now - Second), Make("db", now - Day), Make("old", now - (2 * Day))]);
        await database.InitializeAsync();
        await database.WriteAsync([Make("web", now), Make("old", now - (3 * Day))]);
        Observer observer = new();
        await using ObservedStore observed = new(session.Store, observer);
        await foreach (VmTelemetry unused in new TelemetryReader(observed).GetLatestAsync(new SeriesRequest(VmMetrics.Set), reportMissing: false, default))
        {
        }

        Assert.Equal(
            "The cache vm_totals_latest of vm_totals lacks 1 of 3: db, and has only older rows of 1 of 3: old. The table is read for them.",
            Assert.Single(observer.Details));
    }

    private static Point Make(string? name, long time, string? uuid = null, int fields = 4, int from = 0)
    {
        // Counters grow by the second, and no two samples have the same.
        long second = time / Second;
        FieldValue[] values = [FieldValue.From(second * 700_000_000), FieldValue.From(2L), FieldValue.From(1_000_000 + second), FieldValue.From(second * 1000)];
        return new Point(s_shape, time, ["1", name, UuidOf(uuid ?? name!)], [.. values.Select((value, i) => i >= from && i < from + fields ? value : FieldValue.Null)]);
    }

    private static string UuidOf(string name) => new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)).ToString();

    // A session that has been reading, a minute later, and one that is new.
    private static async Task ComeToAgreeAsync(Session watching, Database database)
    {
        watching.Clock.Advance(TimeSpan.FromSeconds(61));
        await AgreeAsync(watching);
        await using Session another = new(database, watching.Clock);
        await AgreeAsync(another);
    }

    private static async Task AgreeAsync(Session session)
    {
        Dictionary<Guid, string> last = [];
        await foreach (VmTelemetry sample in session.Reader.GetRangeAsync(new SeriesRequest(VmMetrics.Set), new TimeRange(null, null), default))
        {
            last[sample.Uuid!.Value] = Text(sample);
        }

        List<VmTelemetry> latest = await session.LatestAsync();
        Assert.Equal(last.Values.Order(StringComparer.Ordinal), latest.Select(Text).Order(StringComparer.Ordinal));
        Assert.Equal(latest.Select(vm => vm.Uuid).Order(), (await session.Reader.ListVmsAsync(default)).Select(vm => vm.Uuid).Order());

        HashSet<string> table = [.. (await ReadAsync(session.Store, new StoreQuery("vm_totals") { Columns = ["name", "uuid"] })).Select(Names)];
        Assert.Equal(table.Order(), (await ReadAsync(session.Store, new StoreQuery("vm_totals") { Distinct = ["name", "uuid"] })).Select(Names).Order());

        static string Text(VmTelemetry sample) =>
            $"{sample.Time:O} {sample.Name} {sample.Interval} CPU {sample.CpuPercent:G6} {sample.Cpus} {sample.MemoryRssBytes} {sample.NetRxBytesPerSecond:G6}";

        static string Names(StoreRow row) => $"{row["name"]} {row["uuid"]}";
    }

    private static async Task<List<StoreRow>> ReadAsync(InfluxStore store, StoreQuery query)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            rows.Add(row);
        }

        return rows;
    }

    private Database Open(Influx3Release release, Influx3CacheFaults faults)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        return servers.NewDatabase(release, faults);
    }

    private sealed class Observer : IQueryObserver
    {
        public List<string> Details { get; } = [];

        public void OnProgress(QueryProgress progress)
        {
        }

        public void OnWarning(string text) => Assert.Fail(text);

        public void OnDetail(string text) => Details.Add(text);
    }

    /// <summary>A connection that reads, with a clock of its own.</summary>
    private sealed class Session : IAsyncDisposable
    {
        public Session(Database database, ManualTime? clock = null)
        {
            Clock = clock ?? new ManualTime(DateTimeOffset.UtcNow);
            Store = new InfluxStore(database.Options, new VmStats.Infrastructure.Infrastructure(), clock: Clock);
            Reader = new TelemetryReader(Store, new TelemetryReaderOptions { Clock = Clock });
        }

        public ManualTime Clock { get; }

        public long Now => UnixTime.ToNanoseconds(Clock.GetUtcNow());

        public InfluxStore Store { get; }

        public TelemetryReader Reader { get; }

        public async Task<List<VmTelemetry>> LatestAsync()
        {
            List<VmTelemetry> latest = [];
            await foreach (VmTelemetry sample in Reader.GetLatestAsync(new SeriesRequest(VmMetrics.Set), reportMissing: false, default))
            {
                latest.Add(sample);
            }

            return latest;
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }
}
