using System.Globalization;
using Microsoft.Data.Sqlite;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>What is older than the retention period goes, and a failure to delete it is told.</summary>
public sealed class RetentionTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");
    private static readonly PointShape s_tick = new("ticks", ["t"], ["x"]);
    private static readonly StoreQuery s_latest = s_all with { Latest = new LatestPerGroup(["uuid"], 2) };

    private readonly StoreFixture _fixture = new();
    private readonly Clock _clock = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Prunes_old_points_and_the_latest_follow()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        await _fixture.Write(Vm("1", "a", 0, 1), Vm("2", "b", 0, 1), Vm("2", "b", 3_000, 2));
        _clock.Seconds = 5_000;
        await _fixture.Write(Kept(5_000));
        WriteResult result = await _fixture.Write(Vm("3", "c", 5_000, 1), Vm("3", "c", 10, 1));
        Assert.Equal(1, result.Written);
        Assert.Single(result.Rejected);
        await Until(async () => (await _fixture.Query(s_all)).Count == 2);

        StoreQuery latest = s_all with { Latest = new LatestPerGroup(["uuid"], 2) };
        Assert.Equal(["3000 b", "5000 c"], (await _fixture.Lines(latest, "uuid")).Order());
    }

    [Fact]
    public async Task What_is_just_as_old_as_the_period_stays()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        await _fixture.Write(Vm("1", "a", 99, 1), Vm("1", "a", 100, 2), Vm("2", "b", 100, 3), Vm("2", "b", 101, 4));
        await PruneAsync(3_700);
        Assert.Equal(["100 a", "100 b", "101 b"], (await _fixture.Lines(s_all, "uuid")).Order());
        Assert.Equal(["100 a", "100 b", "101 b"], (await _fixture.Lines(s_latest, "uuid")).Order());
    }

    [Fact]
    public async Task A_vm_whose_points_are_all_gone_is_gone_from_the_lists()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        await _fixture.Write(Vm("1", "a", 0, 1), Vm("2", "b", 0, 1), Vm("2", "b", 3_000, 2));
        await PruneAsync(5_000);
        StoreQuery distinct = s_all with { Distinct = ["uuid"] };
        Assert.Equal(["- b"], await _fixture.Lines(distinct, "uuid"));
        Assert.Equal(["3000 b"], await _fixture.Lines(s_latest, "uuid"));
    }

    [Fact]
    public async Task A_vm_that_comes_back_after_its_points_were_pruned_is_there_for_every_writer()
    {
        // Both writers know the series of the VM by its number in the file, and nothing but the pruning changes that.
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        EmbeddedStore other = _fixture.Open();
        await _fixture.Write(Tick(0), Vm("1", "a", 0, 1));
        await _fixture.Write(Vm("2", "b", 3_000, 2));
        await other.WriteAsync([Vm("1", "a", 1, 1)], default);
        await _fixture.Write(Vm("1", "a", 2, 1));
        await PruneAsync(5_000);

        await other.WriteAsync([Vm("1", "a", 5_001, 3)], default);
        await _fixture.Write(Vm("1", "a", 5_002, 4));
        Assert.Equal(["5001 a 3", "5002 a 4"], await _fixture.Lines(s_all with { Filters = [ColumnFilter.In("uuid", "a")] }, "uuid", "cputime"));
        Assert.Equal(["3000 b", "5001 a", "5002 a"], (await _fixture.Lines(s_latest, "uuid")).Order());
    }

    [Fact]
    public async Task The_point_before_the_latest_follows_the_pruning()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        EmbeddedStore keepsAll = _fixture.Open();
        await _fixture.Write(Vm("1", "a", 200, 1), Vm("1", "a", 4_000, 2));
        await PruneAsync(5_000);
        Assert.Equal(["4000 2"], await _fixture.Lines(s_latest, "cputime"));

        // What another writer fills in afterwards is the point before now, though the pruned one was later.
        await keepsAll.WriteAsync([Vm("1", "a", 100, 7)], default);
        Assert.Equal(["4000 2", "100 7"], await _fixture.Lines(s_latest, "cputime"));
    }

    [Fact]
    public async Task A_history_of_many_slices_goes_and_writes_come_between()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        await _fixture.Write(Enumerable.Range(0, 49_000).Select(i => Vm("1", $"vm{i % 7}", i / 7, i)).ToArray());
        _clock.Seconds = 4_400;
        await _fixture.Write(Vm("1", "vm0", 7_001, 1));
        await _fixture.Write(Vm("1", "vm1", 7_002, 2));
        await Until(async () => (await _fixture.Query(s_all with { Finish = T0 + (800 * Second) })).Count == 0);
        Assert.Equal(((7_000 - 800) * 7) + 2, (await _fixture.Query(s_all)).Count);
        Assert.Equal(["7001 vm0", "7002 vm1"], (await _fixture.Lines(s_latest with { Start = T0 + (7_000 * Second) }, "uuid")).Order());
    }

    [Fact]
    public async Task Records_of_dumps_stay_whatever_their_age()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        PointShape dumps = new("mem_dumps", ["dom"], ["sha256"]);
        Point Dump(long seconds) => new(dumps, T0 + (seconds * Second), ["a"], [FieldValue.From("00")]);
        await _fixture.Write(Dump(0), Vm("1", "a", 0, 1));
        await PruneAsync(5_000);
        Assert.Equal(1, (await _fixture.Write(Dump(1))).Written);
        Assert.Equal(["0 a", "1 a"], await _fixture.Lines(new StoreQuery("mem_dumps"), "dom"));
        Assert.Empty(await _fixture.Query(s_all));
    }

    [Fact]
    public async Task A_failed_pruning_is_told_by_the_next_writes_until_one_succeeds()
    {
        _fixture.Open(TimeSpan.FromHours(1), _clock);
        await _fixture.Write(Vm("1", "a", 0, 1));
        Sql("SELECT 'CREATE TRIGGER broken BEFORE DELETE ON \"' || name || '\" BEGIN SELECT RAISE(FAIL, ''no deleting today''); END' "
            + "FROM sqlite_master WHERE type = 'table' AND name LIKE 'data!_%' ESCAPE '!'");
        _clock.Seconds = 5_000;
        await _fixture.Write(Kept(5_000));
        WriteResult? last = null;
        await Until(async () => (last = await _fixture.Write(Vm("1", "a", 5_000, 1))).Warning is not null);
        Assert.Equal(1, last!.Written);
        Assert.Contains("no deleting today", last.Warning, StringComparison.Ordinal);

        Sql("SELECT 'DROP TRIGGER \"' || name || '\"' FROM sqlite_master WHERE type = 'trigger'");
        await Until(async () =>
        {
            _clock.Seconds += 100;
            return (await _fixture.Write(Vm("1", "a", _clock.Seconds, 1))).Warning is null;
        });
    }

    [Fact]
    public async Task A_clock_that_is_ahead_deletes_nothing()
    {
        // Thirty days of history, a point an hour, the newest of hour 720.
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        const long Ahead = (720 + (60 * 24)) * 3_600;
        WriteResult first = await SessionAsync(Ahead, Vm("1", "a", Ahead, 1));
        Assert.Equal((1, 0, null), (first.Written, first.Rejected.Count, first.Warning));
        Assert.Equal(721, (await _fixture.Query(s_all)).Count);

        // The next session finds the wrong time in the store, too: nobody can tell it from a store that is old.
        WriteResult second = await SessionAsync(Ahead + 60, Vm("1", "a", Ahead + 60, 2), Hour(700));
        AssertHeldBack(second.Warning, 720, 722, Ahead + 60, Ahead);

        // And what comes late from a spool, with the right time, isn't refused meanwhile.
        Assert.Equal((2, 0), (second.Written, second.Rejected.Count));
        Assert.Equal(722, (await _fixture.Query(s_all)).Count);

        // With the right time again all is as before.
        WriteResult third = await SessionAsync(721 * 3_600, Hour(721));
        Assert.Null(third.Warning);
        Assert.Equal(721, (await _fixture.Query(s_all with { Finish = T0 + (800 * 3_600 * Second) })).Count);
    }

    [Fact]
    public async Task Nor_does_one_that_is_ahead_by_so_little_that_it_would_take_less_than_an_eighth()
    {
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        const long Ahead = (720 + (2 * 24)) * 3_600;
        Assert.Null((await SessionAsync(Ahead, Vm("1", "a", Ahead, 1))).Warning);
        Assert.Equal(721, (await _fixture.Query(s_all)).Count);
    }

    [Theory]
    [InlineData(69, 10, true)]
    [InlineData(68, 10, false)]
    public async Task More_than_an_eighth_is_held_back(int young, int old, bool isDeleted)
    {
        // All measurements count together; records of dumps don't.
        PointShape dumps = new("mem_dumps", ["dom"], ["sha256"]);
        await _fixture.Write(Enumerable.Range(0, 200).Select(i => new Point(dumps, T0 + (40 * 86_400 * Second) + i, ["a"], [FieldValue.From("00")])).ToArray());
        await _fixture.Write(Enumerable.Range(0, old).Select(i => Vm("1", "a", i, i)).ToArray());
        await _fixture.Write(Enumerable.Range(0, young).Select(i => Tick((40 * 86_400) - i)).ToArray());

        // The session's own point stays as well.
        string? warning = (await SessionAsync((40 * 86_400) + 10, Hour(40 * 24))).Warning;
        Assert.Equal(isDeleted, warning is null);
        Assert.Equal(isDeleted ? 1 : 11, (await _fixture.Query(s_all)).Count);
    }

    [Fact]
    public async Task After_a_pause_nothing_goes_before_a_person_has_looked()
    {
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        const long Back = (720 + (31 * 24)) * 3_600;
        Assert.Null((await SessionAsync(Back, Vm("1", "a", Back, 1))).Warning);
        WriteResult next = await SessionAsync(Back + 3_600, Vm("1", "a", Back + 3_600, 1));
        AssertHeldBack(next.Warning, 720, 722, Back + 3_600, Back);

        await using EmbeddedStore store = EmbeddedStore.Open(_fixture.FilePath, null, _clock);
        PruningPlan plan = await store.PlanPruningAsync(TimeSpan.FromDays(30), default);
        Assert.False(plan.IsWithinLimit);
        Assert.Equal((720L, 722L), (plan.Points, plan.Total));
        Assert.Equal(720, await store.PruneAsync(plan, default));
        Assert.Equal(2, (await _fixture.Query(s_all)).Count);
        Assert.Null((await SessionAsync(Back + 7_200, Vm("1", "a", Back + 7_200, 1))).Warning);
    }

    [Fact]
    public async Task A_session_of_months_goes_on_deleting()
    {
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        await using EmbeddedStore store = EmbeddedStore.Open(_fixture.FilePath, TimeSpan.FromDays(30), _clock);
        for (int hour = 721; hour <= 720 + (60 * 24); hour++)
        {
            _clock.Seconds = hour * 3_600L;
            Assert.Null((await store.WriteAsync([Hour(hour)], default)).Warning);
        }

        await Until(async () =>
        {
            // A pass begins with a write.
            _clock.Seconds += 60;
            await store.WriteAsync([Hour(720 + (60 * 24))], default);
            return (await _fixture.Query(s_all with { Finish = T0 + (((60 * 24) - 1) * 3_600 * Second) })).Count == 0;
        });
        Assert.InRange((await _fixture.Query(s_all)).Count, 720, 722);
    }

    [Fact]
    public async Task A_run_of_one_poll_prunes_before_it_ends()
    {
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        for (int hour = 721; hour <= 730; hour++)
        {
            _clock.Seconds = hour * 3_600L;
            await using (EmbeddedStore store = EmbeddedStore.Open(_fixture.FilePath, TimeSpan.FromDays(30), _clock))
            {
                await store.WriteAsync([Hour(hour)], default);
            }

            // Each counts back from the point of the run before.
            Assert.Equal(
                Enumerable.Range(hour - 721, 722).Where(i => i > 0).Select(i => (long?)i),
                (await _fixture.Query(s_all)).Select(row => row["cputime"].AsInt64()));
        }
    }

    [Fact]
    public async Task A_pass_that_was_held_back_is_told_by_every_write_of_the_session()
    {
        await _fixture.Write(Enumerable.Range(1, 720).Select(i => Hour(i)).ToArray());
        await _fixture.Write(Hour(4_000));
        _clock.Seconds = 4_000 * 3_600;
        await using EmbeddedStore store = EmbeddedStore.Open(_fixture.FilePath, TimeSpan.FromDays(30), _clock);
        await store.WriteAsync([Hour(4_000)], default);
        await store.Pruning;
        string? first = (await store.WriteAsync([Hour(4_000)], default)).Warning;
        AssertHeldBack(first, 720, 721, 4_000 * 3_600, 4_000 * 3_600);
        _clock.Seconds += 120;
        Assert.Equal(first, (await store.WriteAsync([Hour(4_000)], default)).Warning);
    }

    /// <summary>Moves the clock, and has what is older than an hour by then pruned.</summary>
    private async Task PruneAsync(long seconds)
    {
        _clock.Seconds = seconds;
        await _fixture.Write(Kept(seconds));
        StoreQuery old = s_all with { Finish = T0 + ((seconds - 3_600) * Second) };
        await Until(async () => (await _fixture.Query(old)).Count == 0);
    }

    private static Point Tick(long seconds) => new(s_tick, T0 + (seconds * Second), ["t"], [FieldValue.From(1L)]);

    /// <summary>So many points that stay that what goes is a small share of all.</summary>
    private static Point[] Kept(long seconds) => Enumerable.Range(0, 100).Select(i => Tick(seconds - i)).ToArray();

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (int attempt = 0; attempt < 5_000; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("It did not come to it within its bound.");
    }

    /// <summary>Runs the statements that a statement gives.</summary>
    private void Sql(string source)
    {
        using SqliteConnection connection = new($"Data Source={_fixture.FilePath};Pooling=False");
        connection.Open();
        List<string> statements = [];
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own constants.
        command.CommandText = source;
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                statements.Add(reader.GetString(0));
            }
        }

        Assert.NotEmpty(statements);
        command.CommandText = string.Join(';', statements);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>What the module says of a pass that was held back: the numbers, the times and the command.</summary>
    private static void AssertHeldBack(string? warning, int points, int total, long clock, long newest)
    {
        Assert.NotNull(warning);
        Assert.Contains($" {points} of {total} points,", warning, StringComparison.Ordinal);
        Assert.Contains($"clock says {Text(clock)};", warning, StringComparison.Ordinal);
        Assert.Contains($"is of {Text(newest)}.", warning, StringComparison.Ordinal);
        Assert.Contains("Initialize-VmStatsDatabase -RetentionPeriod 30d -Force -Connection (Connect-VmStats -Path '", warning, StringComparison.Ordinal);

        static string Text(long seconds) => UnixTime.FromNanoseconds(T0 + (seconds * Second)).ToString("u", CultureInfo.InvariantCulture);
    }

    /// <summary>A store of the same file, opened by a session of its own that keeps points for thirty days.</summary>
    private async Task<WriteResult> SessionAsync(long seconds, params Point[] points)
    {
        _clock.Seconds = seconds;
        await using EmbeddedStore store = EmbeddedStore.Open(_fixture.FilePath, TimeSpan.FromDays(30), _clock);
        WriteResult result = await store.WriteAsync(points, default);
        await store.Pruning;
        return result with { Warning = (await store.WriteAsync(points, default)).Warning };
    }

    private static Point Hour(long hour) => Vm("1", "a", hour * 3_600, hour);

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(T0 / Second + Seconds);
    }
}
