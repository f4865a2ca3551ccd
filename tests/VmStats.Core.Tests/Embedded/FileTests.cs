using System.Globalization;
using Microsoft.Data.Sqlite;
using VmStats.Infrastructure.Embedded;
using VmStats.IO;
using VmStats.Points;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>The file: which are refused and why, who may read it, several writers at once.</summary>
public sealed class FileTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");

    private readonly StoreFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("SQLite? No, a letter.")]
    [InlineData("SQLite format 3\0and nothing of one")]
    public async Task Refuses_a_file_that_is_no_database_and_leaves_it_as_it_is(string content)
    {
        await File.WriteAllTextAsync(_fixture.FilePath, content);
        AssertRefused("NotAVmStatsDatabase", VmStatsErrorKind.InvalidData);
        Assert.Equal(content, await File.ReadAllTextAsync(_fixture.FilePath));
    }

    [Theory]
    [InlineData("CREATE TABLE theirs(x)")]
    [InlineData("PRAGMA journal_mode = WAL; CREATE TABLE theirs(x)")]
    [InlineData("PRAGMA application_id = 4711; PRAGMA user_version = 1")]
    public async Task Refuses_another_programs_database_and_leaves_it_as_it_is(string sql)
    {
        Sql(sql);
        byte[] before = await File.ReadAllBytesAsync(_fixture.FilePath);
        AssertRefused("NotAVmStatsDatabase", VmStatsErrorKind.InvalidData);
        Assert.Equal(before, await File.ReadAllBytesAsync(_fixture.FilePath));
    }

    [Fact]
    public void Refuses_a_newer_layout()
    {
        _fixture.Open();
        Sql(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {StoreFile.LayoutVersion + 1}"));
        AssertRefused("DatabaseTooNew", VmStatsErrorKind.NotSupported);
    }

    [Fact]
    public void Refuses_a_path_that_cannot_be_made()
    {
        string file = Path.Combine(_fixture.Folder, "file");
        File.WriteAllText(file, "");
        string path = Path.Combine(file, "store.db");
        EmbeddedStoreException error = Assert.Throws<EmbeddedStoreException>(() => EmbeddedStore.Open(path, null));
        Assert.Equal("StoreAccessDenied", error.ErrorId);
        Assert.Equal(path, error.Target);
    }

    [Fact]
    public async Task Names_a_damaged_file()
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_fixture.Folder, "it's a folder")).FullName, "store.db");
        await using (EmbeddedStore store = EmbeddedStore.Open(path, null))
        {
            await store.WriteAsync(Enumerable.Range(0, 5_000).Select(i => Vm("1", "a", i, i)).ToArray(), default);
        }

        byte[] bytes = await File.ReadAllBytesAsync(path);
        Array.Fill(bytes, (byte)0xFF, 4096, bytes.Length - 4096);
        await File.WriteAllBytesAsync(path, bytes);
        await using EmbeddedStore damaged = EmbeddedStore.Open(path, null);
        foreach (Func<Task> use in new Func<Task>[]
        {
            async () => await damaged.GetSchemaAsync("vm_totals", default),
            async () => await damaged.WriteAsync([Vm("1", "a", 0, 0)], default),
        })
        {
            EmbeddedStoreException error = await Assert.ThrowsAsync<EmbeddedStoreException>(use);
            Assert.Equal(("DatabaseDamaged", VmStatsErrorKind.InvalidData, path), (error.ErrorId, error.Kind, error.Target));

            // As one pastes it into PowerShell.
            Assert.Contains($"sqlite3 '{path.Replace("'", "''", StringComparison.Ordinal)}' .recover", error.Recommendation, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Only_the_owner_reads_the_file()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        _fixture.Open();
#pragma warning disable CA1416 // Skipped above.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_fixture.FilePath));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task Closing_a_store_leaves_one_file_that_has_all()
    {
        await _fixture.Write(Vm("1", "a", 0, 1));
        Assert.Single(await _fixture.Query(s_all));
        await _fixture.CloseAsync();
        Assert.Equal([_fixture.FilePath], Directory.GetFiles(_fixture.Folder));
        Assert.Single(await _fixture.Query(s_all));
    }

    [SkippableFact]
    public void Refuses_what_is_no_regular_file_without_opening_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Pipes have a name on Unix only.");
        using (PinnedFolder folder = PinnedFolder.Open(Path.GetDirectoryName(_fixture.FilePath)!, FolderUse.Write))
        {
            folder.MakePipe(Path.GetFileName(_fixture.FilePath), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        AssertRefused("NotAVmStatsDatabase", VmStatsErrorKind.InvalidData);
    }

    [SkippableFact]
    public async Task A_link_to_a_file_that_is_still_to_be_made_makes_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows makes links for administrators only.");
        string target = Path.Combine(_fixture.Folder, "elsewhere", "target.db");
        File.CreateSymbolicLink(_fixture.FilePath, target);
        await _fixture.Write(Vm("1", "a", 0, 1));
        Assert.True(File.Exists(target));
        Assert.NotNull(new FileInfo(_fixture.FilePath).LinkTarget);
    }

    [Fact]
    public async Task Many_that_make_a_file_at_the_same_time_make_one()
    {
        EmbeddedStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => EmbeddedStore.Open(_fixture.FilePath, null))));
        foreach (EmbeddedStore store in stores)
        {
            await store.WriteAsync([Vm("1", "a", Array.IndexOf(stores, store), 1)], default);
        }

        Assert.Equal(8, (await _fixture.Query(s_all)).Count);
        foreach (EmbeddedStore store in stores)
        {
            await store.DisposeAsync();
        }

        await _fixture.CloseAsync();
        Assert.Equal([_fixture.FilePath], Directory.GetFiles(_fixture.Folder));
    }

    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_file_that_is_moved_away_under_a_session_is_begun_anew(bool isMoved, bool isReplaced)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows moves no file that is open.");
        await _fixture.Write(Vm("1", "old", 0, 1));
        Assert.Equal(["0 old"], await _fixture.Lines(s_all, "uuid"));
        string away = Path.Combine(Directory.CreateDirectory(Path.Combine(_fixture.Folder, "away")).FullName, "store.db");
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            if (isMoved)
            {
                File.Move(_fixture.FilePath + suffix, away + suffix);
            }
            else
            {
                File.Delete(_fixture.FilePath + suffix);
            }
        }

        if (isReplaced)
        {
            await using EmbeddedStore other = EmbeddedStore.Open(_fixture.FilePath, null);
            await other.WriteAsync([Vm("7", "other", 1, 1)], default);
            Assert.Equal(["1 other"], await _fixture.Lines(s_all, "uuid"));
        }

        WriteResult result = await _fixture.Write(Vm("1", "new", 2, 1));
        Assert.Equal(1, result.Written);
        Assert.Contains($"'{_fixture.FilePath}' was moved away", result.Warning, StringComparison.Ordinal);
        Assert.Null((await _fixture.Write(Vm("1", "new", 2, 1))).Warning);
        string[] expected = isReplaced ? ["1 other", "2 new"] : ["2 new"];
        Assert.Equal(expected, await _fixture.Lines(s_all, "uuid"));
        await using EmbeddedStore fresh = EmbeddedStore.Open(_fixture.FilePath, null);
        Assert.Equal(expected, await _fixture.Lines(s_all, "uuid"));
        if (isMoved)
        {
            await using EmbeddedStore moved = EmbeddedStore.Open(away, null);
            Assert.NotNull(await moved.GetSchemaAsync("vm_totals", default));
        }
    }

    [SkippableFact]
    public async Task A_file_that_is_deleted_before_a_reading_is_an_empty_store()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows deletes no file that is open.");
        await _fixture.Write(Vm("1", "old", 0, 1));
        Assert.Single(await _fixture.Query(s_all));
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_fixture.FilePath + suffix);
        }

        Assert.Empty(await _fixture.Query(s_all));
        await _fixture.Write(Vm("1", "new", 1, 1));
        Assert.Equal(["1 new"], await _fixture.Lines(s_all, "uuid"));
    }

    [SkippableFact]
    public async Task What_was_known_of_one_file_is_not_taken_for_known_of_the_next()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows deletes no file that is open.");

        // As many changes of the schema in both, but other ones.
        foreach (string field in new[] { "one", "two", "three" })
        {
            PointShape shape = new("m", ["t"], [field]);
            await _fixture.Write(new Point(shape, T0, ["t"], [FieldValue.From(1L)]));
            Assert.Equal([field], (await _fixture.Store.GetSchemaAsync("m", default))!.Fields.Keys);
            Assert.Equal(["0 1"], await _fixture.Lines(new StoreQuery("m"), field));
            foreach (string suffix in new[] { "", "-wal", "-shm" })
            {
                File.Delete(_fixture.FilePath + suffix);
            }
        }
    }

    [Fact]
    public async Task Two_writers_take_turns_and_lose_nothing()
    {
        EmbeddedStore[] stores = [_fixture.Open(), _fixture.Open()];
        await Task.WhenAll(stores.Select((store, s) => Task.Run(async () =>
        {
            for (int batch = 0; batch < 20; batch++)
            {
                await store.WriteAsync(Enumerable.Range(0, 20).Select(i => Vm("1", "vm" + s, batch * 20 + i, i)).ToArray(), default);
            }
        })));
        List<StoreRow> rows = await _fixture.Query(s_all);
        Assert.Equal(800, rows.Count);
    }

    [Fact]
    public async Task A_write_waits_for_another_process_and_can_be_cancelled_meanwhile()
    {
        await _fixture.Write(Vm("1", "a", 0, 1));
        using SqliteConnection other = Connect();
        Execute(other, "BEGIN IMMEDIATE");
        using CancellationTokenSource stop = new();
        Task<WriteResult> cancelled = _fixture.Store.WriteAsync([Vm("1", "a", 1, 1)], stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TimeSpan.FromMinutes(2)));

        Task<WriteResult> waiting = _fixture.Write(Vm("1", "a", 2, 1));
        Assert.Equal(["0"], await _fixture.Lines(s_all));
        Assert.False(waiting.IsCompleted);
        Execute(other, "COMMIT");
        await waiting.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(["0", "2"], await _fixture.Lines(s_all));
    }

    [Fact]
    public async Task Cancelling_ends_a_stream_at_once()
    {
        await _fixture.Write(Enumerable.Range(0, 5_000).Select(i => Vm("1", "a", i, i)).ToArray());
        using CancellationTokenSource stop = new();
        int rows = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StoreRow row in _fixture.Store.QueryAsync(s_all, stop.Token))
            {
                if (++rows == 100)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.Equal(100, rows);
        Assert.Equal(5_000, (await _fixture.Query(s_all)).Count);
    }

    private void AssertRefused(string id, VmStatsErrorKind kind)
    {
        EmbeddedStoreException error = Assert.Throws<EmbeddedStoreException>(() => EmbeddedStore.Open(_fixture.FilePath, null));
        Assert.Equal(id, error.ErrorId);
        Assert.Equal(kind, error.Kind);
        Assert.Equal(_fixture.FilePath, error.Target);
        Assert.Contains(_fixture.FilePath, error.Message, StringComparison.Ordinal);
    }

    private SqliteConnection Connect()
    {
        SqliteConnection connection = new($"Data Source={_fixture.FilePath};Pooling=False");
        connection.Open();
        return connection;
    }

    private void Sql(string sql)
    {
        using SqliteConnection connection = Connect();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
