using Microsoft.Data.Sqlite;
using VmStats.Infrastructure.Embedded;
using VmStats.Queries;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>What is older than the retention period goes, and a failure to delete it is told.</summary>
public sealed class RetentionTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");

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

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (int attempt = 0; attempt < 500; attempt++)
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
