using Microsoft.Data.Sqlite;
using VmStats.Fixtures;
using VmStats.Fixtures.Sqlite;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>A log (-wal) or its index (-shm) that goes while a store is open: what was acknowledged is written again, and it is told.</summary>
public sealed class LostFilesTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");

    private readonly StoreFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [SkippableTheory]
    [InlineData("-wal", "-shm")]
    [InlineData("-wal")]
    [InlineData("-shm")]
    public async Task Points_that_only_the_lost_log_holds_are_written_again(params string[] lost)
    {
        RequireIdentities();
        await _fixture.Write(Vm("1", "a", 0, 1));
        await _fixture.Write(Vm("1", "a", 1, 2), Vm("2", "b", 1, 3, 4));
        await _fixture.Write(new Point(new PointShape("mem_dumps", ["dom"], ["sha256", "size"]), T0, ["a"], [FieldValue.From("00"), FieldValue.From(5L)]));
        Lose(lost);

        WriteResult result = await _fixture.Write(Vm("3", "c", 2, 5));
        Assert.Equal(1, result.Written);
        Assert.Contains(_fixture.FilePath + "-wal", result.Warning, StringComparison.Ordinal);
        Assert.Null((await _fixture.Write(Vm("3", "c", 3, 6))).Warning);

        string[] expected = ["0 a 1 null", "1 a 2 null", "1 b 3 4", "2 c 5 null", "3 c 6 null"];
        Assert.Equal(expected, await _fixture.Lines(s_all, "uuid", "cputime", "net_rxbytes"));
        Assert.Equal(["0 a 00 5"], await _fixture.Lines(new StoreQuery("mem_dumps"), "dom", "sha256", "size"));
        Assert.Equal(["1 a", "0 a"], await _fixture.Lines(s_all with { Latest = new LatestPerGroup(["uuid"], 2), Filters = [ColumnFilter.In("uuid", "a")] }, "uuid"));
        await AssertInFileAsync(5);
    }

    [SkippableFact]
    public async Task The_number_of_points_that_are_written_again_is_told()
    {
        RequireIdentities();
        await _fixture.Write(Vm("1", "a", 0, 1));
        await _fixture.Write(Vm("1", "a", 1, 2), Vm("1", "a", 2, 3));
        Lose("-wal", "-shm");

        // The first was in the file already: a checkpoint follows a session's first write.
        Assert.Contains(" 2 points ", (await _fixture.Write(Vm("1", "a", 3, 4))).Warning, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_batch_under_which_the_log_goes_is_acknowledged_when_it_is_where_others_see_it()
    {
        RequireIdentities();
        await _fixture.Write(Vm("1", "a", 0, 1));
        WriteResult result = await _fixture.Store.WriteAsync(new Interrupted([Vm("1", "a", 1, 2), Vm("1", "a", 2, 3)], () => Lose("-wal", "-shm")), default);
        Assert.Equal(2, result.Written);
        Assert.Contains(_fixture.FilePath + "-wal", result.Warning, StringComparison.Ordinal);
        using SqliteConnection other = new($"Data Source={_fixture.FilePath};Pooling=False");
        other.Open();
        using SqliteCommand command = other.CreateCommand();
        command.CommandText = "SELECT count(*) FROM data_1";
        Assert.Equal(3L, command.ExecuteScalar());
    }

    [SkippableFact]
    public async Task What_another_program_wrote_meanwhile_to_a_new_log_stays()
    {
        RequireIdentities();
        Part.Require(SqlitePrograms.WhyAbsent);
        await _fixture.Write(Vm("1", "a", 0, 1));
        Point[] points = [Vm("1", "a", 2, 3), Vm("1", "a", 3, 4)];
        WriteResult result = await _fixture.Store.WriteAsync(
            new Interrupted(points, () =>
            {
                Lose("-wal", "-shm");
                SqlitePrograms.ShellAsync(_fixture.FilePath, $"INSERT INTO data_1(time, series, cputime) SELECT {T0 + Second}, series, 2 FROM data_1").GetAwaiter().GetResult();
            }),
            default);
        Assert.Equal(2, result.Written);
        await AssertInFileAsync(4);
        Assert.Equal(["0 1", "1 2", "2 3", "3 4"], await _fixture.Lines(s_all, "cputime"));
    }

    [SkippableFact]
    public async Task A_reading_finds_it_too_and_what_other_stores_of_the_process_wrote_is_written_again()
    {
        RequireIdentities();
        EmbeddedStore first = _fixture.Store, other = _fixture.Open(), idle = _fixture.Open();
        await other.WriteAsync([Vm("1", "a", 0, 1)], default);
        await other.WriteAsync([Vm("1", "a", 1, 2)], default);
        await first.WriteAsync([Vm("2", "b", 2, 3)], default);
        await idle.WriteAsync([Vm("3", "c", 3, 4)], default);
        Lose("-wal", "-shm");

        string[] expected = ["0 a", "1 a", "2 b", "3 c"];
        Assert.Equal(expected, await _fixture.Lines(s_all, "uuid"));

        // Each of them hears of it.
        foreach (EmbeddedStore store in new[] { first, other, idle })
        {
            Assert.NotNull((await store.WriteAsync([Vm("1", "a", 1, 2)], default)).Warning);
            Assert.Null((await store.WriteAsync([Vm("1", "a", 1, 2)], default)).Warning);
        }

        Assert.Equal(expected, await _fixture.Lines(s_all, "uuid"));
        await AssertInFileAsync(4);
    }

    [SkippableFact]
    public async Task While_a_reading_holds_the_lost_files_a_write_fails_with_words_and_afterwards_nothing_is_missing()
    {
        RequireIdentities();
        await _fixture.Write(Enumerable.Range(0, 2_000).Select(i => Vm("1", "a", i, i)).ToArray());
        await _fixture.Write(Vm("1", "a", 2_000, 2_000));
        await using (IAsyncEnumerator<StoreRow> rows = _fixture.Store.QueryAsync(s_all, default).GetAsyncEnumerator())
        {
            Assert.True(await rows.MoveNextAsync());
            Lose("-wal", "-shm");
            EmbeddedStoreException error = await Assert.ThrowsAsync<EmbeddedStoreException>(() => _fixture.Write(Vm("1", "a", 2_001, 2_001)));
            Assert.Equal(("StoreFilesLost", VmStatsErrorKind.ResourceBusy), (error.ErrorId, error.Kind));
            Assert.False(string.IsNullOrEmpty(error.Recommendation));

            // It is of one moment, and ends as it began.
            int read = 1;
            while (await rows.MoveNextAsync())
            {
                read++;
            }

            Assert.Equal(2_001, read);
        }

        Assert.NotNull((await _fixture.Write(Vm("1", "a", 2_001, 2_001))).Warning);
        List<StoreRow> all = await _fixture.Query(s_all);
        Assert.Equal(Enumerable.Range(0, 2_002).Select(i => (long?)i), all.Select(row => row["cputime"].AsInt64()));
        await AssertInFileAsync(2_002);
    }

    [SkippableFact]
    public async Task Files_that_are_lost_again_and_again_under_many_writers_cost_nothing()
    {
        RequireIdentities();
        EmbeddedStore[] stores = [_fixture.Open(), _fixture.Open(), _fixture.Open()];
        using CancellationTokenSource done = new();
        Task losing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await Task.Delay(100);
                Lose("-wal", "-shm");
            }
        });
        int told = 0;
        await Task.WhenAll(stores.Select((store, s) => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                // Whoever is told that it failed writes again, as a collector does from its spool.
                while (true)
                {
                    try
                    {
                        WriteResult result = await store.WriteAsync([Vm("1", "vm" + s, i, i)], default);
                        told += result.Warning is null ? 0 : 1;
                        break;
                    }
                    catch (EmbeddedStoreException e) when (e.Kind == VmStatsErrorKind.ResourceBusy)
                    {
                        await Task.Delay(20);
                    }
                }

                await Task.Delay(10);
            }
        })));
        await done.CancelAsync();
        await losing;
        Assert.True(told > 0);
        Assert.Equal(180, (await _fixture.Query(s_all)).Count);
        await AssertInFileAsync(180);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_a_store_that_was_moved_away_leaves_the_log_of_its_successor_alone(bool isIdle)
    {
        RequireIdentities();
        EmbeddedStore old = _fixture.Open();
        await old.WriteAsync([Vm("1", "old", 0, 1)], default);
        string away = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "away")).FullName;
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Move(_fixture.FilePath + suffix, Path.Combine(away, "store.db" + suffix));
        }

        EmbeddedStore successor = _fixture.Open();
        await successor.WriteAsync([Vm("2", "new", 1, 1)], default);
        FileIdentity? log = FileIdentity.Of(_fixture.FilePath + "-wal");
        Assert.NotNull(log);
        if (isIdle)
        {
            await old.DisposeAsync();
        }
        else
        {
            Assert.Contains("moved away", (await old.WriteAsync([Vm("2", "new", 2, 1)], default)).Warning, StringComparison.Ordinal);
        }

        Assert.Equal(log, FileIdentity.Of(_fixture.FilePath + "-wal"));
        await successor.WriteAsync([Vm("2", "new", 3, 1)], default);
        Assert.DoesNotContain("old", await _fixture.Lines(s_all, "uuid"));
        await using EmbeddedStore moved = EmbeddedStore.Open(Path.Combine(away, "store.db"), null);
        int rows = 0;
        await foreach (StoreRow row in moved.QueryAsync(s_all, default))
        {
            Assert.Equal("old", row["uuid"].AsString());
            rows++;
        }

        Assert.Equal(1, rows);
    }

    /// <summary>Points during whose writing something happens, once.</summary>
    private sealed class Interrupted(Point[] points, Action interruption) : IReadOnlyList<Point>
    {
        private Action? _interruption = interruption;

        public int Count => points.Length;

        public Point this[int index]
        {
            get
            {
                Interlocked.Exchange(ref _interruption, null)?.Invoke();
                return points[index];
            }
        }

        public IEnumerator<Point> GetEnumerator() => points.AsEnumerable().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_replaced_without_its_log_is_not_read_with_the_log_of_the_one_before(bool isRead)
    {
        RequireIdentities();
        await _fixture.Write(Enumerable.Range(0, 3_000).Select(i => Vm("1", "restored", i, i)).ToArray());
        await _fixture.CloseAsync();
        string backup = Path.Combine(_fixture.Folder, "backup.db");
        File.Copy(_fixture.FilePath, backup);

        // Other pages than those of the backup, and in the log only.
        await _fixture.Write(Vm("2", "late", 5_000, 1));
        await _fixture.Write(Enumerable.Range(0, 3_000).Select(i => Vm("2", "late", 5_001 + i, i)).ToArray());
        EmbeddedStore idle = _fixture.Open();
        await idle.WriteAsync([Vm("3", "idle", 9_000, 1)], default);
        string kept = Path.Combine(_fixture.Folder, "kept.db");
        File.Move(_fixture.FilePath, kept);
        File.Move(backup, _fixture.FilePath);

        if (isRead)
        {
            Assert.Equal(3_000, (await _fixture.Query(s_all)).Count);
        }

        Assert.Contains("moved away", (await _fixture.Write(Vm("4", "new", 9_001, 1))).Warning, StringComparison.Ordinal);
        Assert.Contains("moved away", (await idle.WriteAsync([Vm("4", "new", 9_002, 1)], default)).Warning, StringComparison.Ordinal);
        Assert.Equal(["restored", "new"], (await _fixture.Query(s_all)).Select(row => row["uuid"].AsString()).Distinct());
        await AssertInFileAsync(3_002);

        // And what was acknowledged before is in the file that was moved, without its log.
        await using EmbeddedStore old = EmbeddedStore.Open(kept, null);
        int rows = 0;
        await foreach (StoreRow row in old.QueryAsync(s_all, default))
        {
            rows++;
        }

        Assert.Equal(6_002, rows);
    }

    private static void RequireIdentities() => Skip.IfNot(OperatingSystem.IsLinux(), "The log that is open is told from another on Linux only.");

    private void Lose(params string[] suffixes)
    {
        foreach (string suffix in suffixes)
        {
            File.Delete(_fixture.FilePath + suffix);
        }
    }

    /// <summary>What the next program finds, when this one has closed all, is whole.</summary>
    private async Task AssertInFileAsync(int rows)
    {
        await _fixture.CloseAsync();
        using SqliteConnection connection = new($"Data Source={_fixture.FilePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT count(*) FROM data_1) || (SELECT ' ' || integrity_check FROM pragma_integrity_check)";
        Assert.Equal($"{rows} ok", command.ExecuteScalar());
    }
}
