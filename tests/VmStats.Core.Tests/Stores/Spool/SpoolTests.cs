using System.Collections.Concurrent;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Dumps.Custody;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Processes;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Stores.Spool;

/// <summary>Points that wait on disk: through crashes, damage and a full spool, for their own store and no other.</summary>
public sealed class SpoolTests : AsyncTest
{
    private static readonly StoreInfo s_store = new(StoreKind.InfluxDB3, "http://nowhere", "vms");

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly StoreFixture _fixture = new();

    public static TheoryData<string> Kinds => [.. Planted.Kinds];

    private string Root => Path.Combine(_fixture.Folder, "spool");

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(1, 8_000_000)]
    [InlineData(30, 8_000_000)]
    [InlineData(30, 20_000)]
    public async Task Kill_9_of_a_writer_loses_nothing_that_was_acknowledged(int batches, int segmentSize)
    {
        using WriterProcess writer = new("spool", Root, FormattableString.Invariant($"{segmentSize}"));
        await writer.ReachAsync(batches);
        await writer.KillAsync();
        using PointSpool spool = Open();
        Assert.All(await ReplayAsync(spool), segment => Assert.InRange(segment.Lost, 0, WriterProgram.Batch));
        long[] rows = await ValuesAsync();
        Assert.InRange(rows.Length, writer.Acknowledged * WriterProgram.Batch, (writer.Acknowledged + 1) * WriterProgram.Batch);
        Assert.Equal(Enumerable.Range(0, rows.Length).Select(i => (long)i), rows);
        Assert.Empty(spool.Segments());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(SpoolSegment.HeaderSize - 1, 0)]
    [InlineData(SpoolSegment.HeaderSize, 50)]
    [InlineData(SpoolSegment.HeaderSize + 100, 50)]
    public async Task A_last_record_that_a_crash_cut_off_is_told_and_those_before_it_are_written(int left, int lost)
    {
        string path = await WriteAsync(0, 1);
        string next = await WriteAsync(2);
        byte[] bytes = await File.ReadAllBytesAsync(next);
        File.Delete(next);
        await File.AppendAllBytesAsync(path, bytes[SpoolSegment.Mark.Length..(SpoolSegment.Mark.Length + left)]);

        SegmentReplay replay = Assert.Single(await ReplayAsync(Open()));
        Assert.Equal((100L, path + ".damaged", (long)lost), (replay.Written, replay.DamagedFile, replay.Lost));
        Assert.Contains(path + ".damaged", replay.Damage, StringComparison.Ordinal);
        Assert.Equal(100, (await ValuesAsync()).Length);
        Assert.Empty(Open().Segments());
    }

    [Fact]
    public async Task Zeros_that_a_crash_left_at_the_end_are_told()
    {
        string path = await WriteAsync(0);
        await File.AppendAllBytesAsync(path, new byte[150_000]);
        SegmentReplay replay = Assert.Single(await ReplayAsync(Open()));
        Assert.Equal((50L, path + ".damaged"), (replay.Written, replay.DamagedFile));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SpoolSegment.MarkSize - 1)]
    [InlineData(SpoolSegment.MarkSize)]
    public async Task A_segment_that_was_begun_and_got_no_further_is_no_damage(int length)
    {
        string path = await WriteAsync(0);
        await File.WriteAllBytesAsync(path, SpoolSegment.Mark[..length].ToArray());
        Assert.Equal(new SegmentReplay(0, 0), Assert.Single(await ReplayAsync(Open())));
        Assert.Empty(Directory.GetFiles(Open().Folder, "*.segment*"));
    }

    // Wherever in a record a bit flips, in its length, its sums or its points: what is whole is given back.
    public static TheoryData<int, int> Flips
    {
        get
        {
            TheoryData<int, int> flips = [];
            foreach (int record in new[] { 0, 1, 2 })
            {
                foreach (int offset in new[] { 0, 1, 3, 4, 8, 12, SpoolSegment.HeaderSize, SpoolSegment.HeaderSize + 77 })
                {
                    flips.Add(record, offset);
                }
            }

            return flips;
        }
    }

    [Theory]
    [MemberData(nameof(Flips))]
    public async Task A_damaged_record_is_told_and_all_others_are_written(int record, int offset)
    {
        string path = await WriteAsync(0, 1, 2);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[PlaceOf(bytes, record) + offset] ^= 0x40;
        await File.WriteAllBytesAsync(path, bytes);

        SegmentReplay replay = Assert.Single(await ReplayAsync(Open()));
        Assert.Equal((100L, path + ".damaged"), (replay.Written, replay.DamagedFile));
        Assert.Equal(offset < 12 ? 0 : 50, replay.Lost);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(replay.DamagedFile!));
        Assert.Equal(Enumerable.Range(0, 150).Where(i => i / 50 != record).Select(i => (long)i), await ValuesAsync());
        Assert.Empty(await ReplayAsync(Open()));
    }

    [Fact]
    public async Task A_damaged_mark_costs_no_record()
    {
        string path = await WriteAsync(0, 1);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        SegmentReplay replay = Assert.Single(await ReplayAsync(Open()));
        Assert.Equal((100L, path + ".damaged"), (replay.Written, replay.DamagedFile));
    }

    [Fact]
    public async Task A_whole_record_behind_much_that_is_damaged_is_found()
    {
        string path = await WriteAsync(0, 1);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        int second = PlaceOf(bytes, 1);
        byte[] noise = new byte[200_003];
        new Random(5).NextBytes(noise);
        await File.WriteAllBytesAsync(path, [.. bytes[..second], .. noise, .. bytes[second..]]);
        SegmentReplay replay = Assert.Single(await ReplayAsync(Open()));
        Assert.Equal((100L, 0L), (replay.Written, replay.Lost));
        Assert.NotNull(replay.DamagedFile);
    }

    [Fact]
    public async Task A_file_that_is_no_segment_is_kept_and_stops_no_others()
    {
        string path = await WriteAsync(0);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(path)!, "0-odd.segment"), "This is no segment.");
        List<SegmentReplay> replays = await ReplayAsync(Open());
        Assert.Equal([0L, 50L], replays.Select(replay => replay.Written));
        Assert.Equal("This is no segment.", await File.ReadAllTextAsync(replays[0].DamagedFile!));
    }

    [Fact]
    public async Task A_full_spool_drops_its_oldest_points_and_counts_them()
    {
        await WriteAsync(0);
        long size = new FileInfo(Path.Combine(Open().Folder, Open().Segments()[0])).Length;
        using PointSpool spool = Open(new SpoolOptions { Root = Root, SegmentSize = 1, MaximumSize = (size * 7) / 2 });
        Assert.Equal([0L, 0L, 50L, 50L], Enumerable.Range(1, 4).Select(batch => spool.Append(WriterProgram.PointsOf("a", batch))));
        await ReplayAsync(spool);
        Assert.Equal(Enumerable.Range(100, 150).Select(i => (long)i), await ValuesAsync());
    }

    [Fact]
    public async Task A_spool_belongs_to_its_store_alone()
    {
        await WriteAsync(0);
        StoreInfo[] others =
        [
            s_store with { Database = "other" }, s_store with { Address = "http://nowhere:8086" },
            new(StoreKind.Embedded, "http://nowhere\nvms", ""),
        ];
        foreach (StoreInfo other in others)
        {
            using PointSpool spool = new(other, new SpoolOptions { Root = Root });
            Assert.False(spool.HasPoints);
            Assert.Empty(await ReplayAsync(spool));
        }

        // The same store, whatever its version and kind turned out to be.
        using PointSpool same = new(s_store with { Kind = StoreKind.InfluxDB1, Version = "1.6" }, new SpoolOptions { Root = Root });
        Assert.Equal("http://nowhere\nvms\n", await File.ReadAllTextAsync(Path.Combine(same.Folder, "store.txt")));
        Assert.Equal(50, Assert.Single(await ReplayAsync(same)).Written);
    }

    [Fact]
    public async Task A_segment_that_its_writer_holds_and_a_replay_under_way_are_left_alone()
    {
        using PointSpool writing = Open();
        writing.Append(WriterProgram.PointsOf("a", 0));
        using PointSpool other = Open();
        Assert.True(other.HasPoints);
        Assert.Empty(await ReplayAsync(other));

        writing.Seal();
        using (FileStream turn = new(Path.Combine(other.Folder, "replay.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Empty(await ReplayAsync(other));
        }

        Assert.Equal(50, Assert.Single(await ReplayAsync(other)).Written);
    }

    [SkippableFact]
    public async Task Only_the_owner_reads_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        string path = await WriteAsync(0);
        Open().Rejects.Add([new RejectedPoint(WriterProgram.PointsOf("a", 0)[0], "no")]);
#pragma warning disable CA1416 // Skipped above.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(path)!),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
#pragma warning restore CA1416
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_an_error_with_words()
    {
        File.WriteAllText(Root, "a file");
        VmStatsException error = Assert.Throws<VmStatsException>(() => Open().Append(WriterProgram.PointsOf("a", 0)));
        Assert.Equal(("SpoolWriteFailed", VmStatsErrorKind.WriteFailed), (error.ErrorId, error.Kind));
        Assert.Equal(error.ErrorId, Assert.Throws<VmStatsException>(
            () => Open().Rejects.Add([new RejectedPoint(WriterProgram.PointsOf("a", 0)[0], "no")])).ErrorId);
    }

    [Fact]
    public void Values_come_back_as_they_went_in()
    {
        PointShape shape = new("m", ["t", "none"], ["i", "u", "f", "b", "s", "null"]);
        Point point = new(shape, long.MinValue, ["a\nb,=\"名", null],
            [FieldValue.From(long.MinValue), FieldValue.From(ulong.MaxValue), FieldValue.From(double.Epsilon), FieldValue.From(true), FieldValue.From("\0x"), default]);
        Point back = Assert.Single(SpoolCodec.Decode(SpoolCodec.Encode([point])));
        Assert.Equal((point.Time, "m"), (back.Time, back.Shape.Measurement));
        Assert.Equal(point.Tags, back.Tags);
        Assert.Equal(point.Fields, back.Fields);
        Assert.Equal(shape.Fields, back.Shape.Fields);
        Assert.Throws<InvalidDataException>(() => SpoolCodec.Decode(SpoolCodec.Encode([point])[..^3]));
    }

    [Fact]
    public async Task The_reject_file_begins_anew_when_it_has_grown()
    {
        RejectFile rejects = new(Path.Combine(_fixture.Folder, "rejects", "rejected.jsonl"), maximumSize: 1);
        RejectedPoint[] points = [.. WriterProgram.PointsOf("a", 0).Select(point => new RejectedPoint(point, $"no {point.Time}"))];
        rejects.Add(points[..2]);
        rejects.Add(points[2..5]);
        Assert.Equal(3, (await File.ReadAllLinesAsync(rejects.Path)).Length);
        Assert.Equal(2, (await File.ReadAllLinesAsync(rejects.Path + ".1")).Length);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task What_was_put_in_a_files_place_is_not_opened(string kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Pipes and devices are Linux's.");
        string path = await WriteAsync(0);
        using PointSpool spool = Open();
        string folder = spool.Folder;

        // Among the segments it is set aside, and told.
        Planted planted = await Planted.PutAsync(_fixture.Folder, Path.Combine(folder, "0-odd.segment"), kind);
        List<SegmentReplay> replays = await Task.Run(() => ReplayAsync(spool)).WaitAsync(s_patience);
        Assert.Equal(kind == "folder" ? [50L] : [0L, 50L], replays.Select(replay => replay.Written).Order());
        Assert.Equal(kind == "folder" ? null : Path.Combine(folder, "0-odd.segment.damaged"), replays[0].DamagedFile);
        Assert.Equal(50, (await ValuesAsync()).Length);

        // As the file of refused points, and as the lock of a replay.
        RejectedPoint[] refused = [new(WriterProgram.PointsOf("a", 0)[0], "no")];
        planted.AssertUntouched();
        planted = await Planted.PutAsync(_fixture.Folder, spool.Rejects.Path, kind);
        Assert.Equal("SpoolWriteFailed", (await Assert.ThrowsAsync<VmStatsException>(() => Task.Run(() => spool.Rejects.Add(refused)).WaitAsync(s_patience))).ErrorId);
        planted.AssertUntouched();
        await WriteAsync(1);
        planted = await Planted.PutAsync(_fixture.Folder, Path.Combine(folder, "replay.lock"), kind);
        Assert.Equal("SpoolWriteFailed", (await Assert.ThrowsAsync<VmStatsException>(() => Task.Run(() => ReplayAsync(spool)).WaitAsync(s_patience))).ErrorId);
        planted.AssertUntouched();
    }

    [SkippableFact]
    public async Task A_folder_that_others_could_exchange_takes_no_points_and_a_collector_says_so_at_once()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Windows has no file modes.");
        using PointSpool spool = Open();
        spool.ThrowIfUnsafe();
        Directory.CreateDirectory(Root);
        File.SetUnixFileMode(Root, (UnixFileMode)0b111_111_111);
        Assert.Contains("can be written to by others", Assert.Throws<VmStatsException>(spool.ThrowIfUnsafe).Message, StringComparison.Ordinal);
        VmStatsException refused = Assert.Throws<VmStatsException>(() => spool.Append(WriterProgram.PointsOf("a", 0)));
        Assert.Equal(("SpoolWriteFailed", VmStatsErrorKind.WriteFailed), (refused.ErrorId, refused.Kind));
        Assert.Contains("chmod go-w", refused.Recommendation, StringComparison.Ordinal);
        Assert.Throws<VmStatsException>(() => spool.Rejects.Add([new RejectedPoint(WriterProgram.PointsOf("a", 0)[0], "no")]));
        Assert.Empty(Directory.GetFileSystemEntries(Root));

        File.SetUnixFileMode(Root, (UnixFileMode)0b111_000_000);
        spool.Append(WriterProgram.PointsOf("a", 0));
        spool.Seal();
        File.SetUnixFileMode(Root, (UnixFileMode)0b111_111_111);
        Assert.Equal("SpoolWriteFailed", (await Assert.ThrowsAsync<VmStatsException>(() => ReplayAsync(spool))).ErrorId);

        ConcurrentQueue<string> warnings = new();
        await using (TelemetryCollector collector = new(1, new TelemetryCollectorOptions
        {
            Hypervisor = HypervisorFactory.Open("sim://fleet?vms=1&seed=3", new VmStatsSettings()),
            Store = _fixture.Store,
            Spool = spool,
            Count = 1,
        }))
        {
            collector.Warning += (_, warning) => warnings.Enqueue(warning);
            collector.Start();
            await collector.Completion.WaitAsync(s_patience);
        }

        Assert.Contains(warnings, warning => warning.Contains("can be written to by others", StringComparison.Ordinal));
    }

    /// <summary>Where a record of a whole segment begins.</summary>
    private static int PlaceOf(byte[] segment, int record)
    {
        int place = SpoolSegment.MarkSize;
        for (int i = 0; i < record; i++)
        {
            place += SpoolSegment.HeaderSize + BitConverter.ToInt32(segment, place);
        }

        return place;
    }

    private PointSpool Open(SpoolOptions? options = null) => new(s_store, options ?? new SpoolOptions { Root = Root });

    /// <summary>Writes batches to one segment; its path.</summary>
    private Task<string> WriteAsync(params int[] batches)
    {
        using PointSpool spool = Open();
        foreach (int batch in batches)
        {
            Assert.Equal(0, spool.Append(WriterProgram.PointsOf("a", batch)));
        }

        return Task.FromResult(Path.Combine(spool.Folder, spool.Segments()[^1]));
    }

    private async Task<List<SegmentReplay>> ReplayAsync(PointSpool spool)
    {
        List<SegmentReplay> replays = [];
        await foreach (SegmentReplay replay in new SpoolReplayer(spool, new PointConformer(_fixture.Store, TagVocabulary.Rules)).ReplayAsync(default))
        {
            replays.Add(replay);
        }

        return replays;
    }

    /// <summary>The values in the store, in order of time: they count up.</summary>
    private async Task<long[]> ValuesAsync() =>
        [.. (await _fixture.Query(new StoreQuery("vm_totals"))).Select(row => row["cputime"].AsInt64()!.Value)];
}
