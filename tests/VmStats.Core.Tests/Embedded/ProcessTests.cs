using Microsoft.Data.Sqlite;
using VmStats.Core.Tests.Processes;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Embedded;

/// <summary>Several processes on one file, and processes that are killed at it.</summary>
public sealed class ProcessTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");

    private readonly StoreFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(150)]
    public async Task Kill_9_of_a_writer_loses_nothing_that_was_acknowledged(int batches)
    {
        using WriterProcess writer = new("store", _fixture.FilePath, "a");
        await writer.ReachAsync(batches);
        await writer.KillAsync();
        Assert.True(writer.Acknowledged >= batches);

        // The batch that it was at may have been committed, whole, just before it could say so.
        int rows = await CountAsync("a");
        Assert.Contains(rows, new[] { writer.Acknowledged * WriterProgram.Batch, (writer.Acknowledged + 1) * WriterProgram.Batch });
        await AssertWholeAsync("a", rows);
        Assert.Equal("ok", Check());

        // And the next writer goes on.
        await _fixture.Write(WriterProgram.PointsOf("a", rows / WriterProgram.Batch));
        await AssertWholeAsync("a", rows + WriterProgram.Batch);
    }

    [Fact]
    public async Task Two_processes_write_and_one_reads_and_each_reading_is_of_one_moment()
    {
        using WriterProcess first = new("store", _fixture.FilePath, "a");
        using WriterProcess second = new("store", _fixture.FilePath, "b");
        await first.ReachAsync(1);
        await second.ReachAsync(1);
        Task writers = Task.WhenAll(first.ReachAsync(60), second.ReachAsync(60));
        int readings = 0, last = 0;
        do
        {
            int rows = 0;
            Dictionary<string, long> next = new() { ["a"] = 0, ["b"] = 0 };
            await foreach (StoreRow row in _fixture.Store.QueryAsync(s_all, default))
            {
                // Whole batches of each writer, without a hole, in order of time.
                Assert.Equal(next[row["uuid"].AsString()!]++, row["cputime"].AsInt64());
                rows++;
            }

            Assert.All(next.Values, count => Assert.Equal(0, count % WriterProgram.Batch));
            Assert.True(rows >= last);
            last = rows;
            readings++;
        }
        while (!writers.IsCompleted);

        await writers;
        await first.KillAsync();
        await second.EndAsync();
        Assert.True(readings > 0);
        await AssertWholeAsync("b", second.Acknowledged * WriterProgram.Batch);
        int ofFirst = await CountAsync("a");
        Assert.InRange(ofFirst, first.Acknowledged * WriterProgram.Batch, (first.Acknowledged + 1) * WriterProgram.Batch);
        await AssertWholeAsync("a", ofFirst);
        Assert.Equal("ok", Check());
    }

    private static StoreQuery Of(string vm) => s_all with { Filters = [ColumnFilter.In("uuid", vm)] };

    private async Task<int> CountAsync(string vm) => (await _fixture.Query(Of(vm))).Count;

    /// <summary>All rows are there, each with its own value, and what is known of the newest agrees.</summary>
    private async Task AssertWholeAsync(string vm, int rows)
    {
        List<StoreRow> found = await _fixture.Query(Of(vm));
        Assert.Equal(Enumerable.Range(0, rows).Select(i => (long?)i), found.Select(row => row["cputime"].AsInt64()));
        List<StoreRow> latest = await _fixture.Query(Of(vm) with { Latest = new LatestPerGroup(["uuid"], 2) });
        Assert.Equal([rows - 1L, rows - 2L], latest.Select(row => row["cputime"].AsInt64()!.Value));
    }

    private string? Check()
    {
        using SqliteConnection connection = new($"Data Source={_fixture.FilePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string?)command.ExecuteScalar();
    }
}
