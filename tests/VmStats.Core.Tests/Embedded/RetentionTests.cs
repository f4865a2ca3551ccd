using Microsoft.Data.Sqlite;
using VmStats.Data;
using VmStats.Infrastructure.Embedded;
using VmStats.Queries;
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
        await _fixture.Write(Enumerable.Range(0, 21_000).Select(i => Vm("1", $"vm{i % 7}", i / 7, i)).ToArray());
        _clock.Seconds = 5_000;
        await _fixture.Write(Vm("1", "vm0", 4_999, 1));
        await _fixture.Write(Vm("1", "vm1", 5_000, 2));
        await Until(async () => (await _fixture.Query(s_all with { Finish = T0 + (1_400 * Second) })).Count == 0);
        Assert.Equal(((3_000 - 1_400) * 7) + 2, (await _fixture.Query(s_all)).Count);
        Assert.Equal(["4999 vm0", "5000 vm1"], (await _fixture.Lines(s_latest with { Start = T0 + (3_000 * Second) }, "uuid")).Order());
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

    /// <summary>Moves the clock, and has what is older than an hour by then pruned.</summary>
    private async Task PruneAsync(long seconds)
    {
        _clock.Seconds = seconds;
        await _fixture.Write(Tick(seconds));
        StoreQuery old = s_all with { Finish = T0 + ((seconds - 3_600) * Second) };
        await Until(async () => (await _fixture.Query(old)).Count == 0);
    }

    private static Point Tick(long seconds) => new(s_tick, T0 + (seconds * Second), ["t"], [FieldValue.From(1L)]);

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

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(T0 / Second + Seconds);
    }
}
