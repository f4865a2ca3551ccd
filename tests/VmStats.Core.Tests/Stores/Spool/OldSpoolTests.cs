using VmStats.Core.Tests.Dumps;
using VmStats.Dumps.Records;
using VmStats.IO;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Stores.Spool;

/// <summary>What earlier versions left to wait is found and brought. The files here were written by them.</summary>
public sealed class OldSpoolTests
{
    // For http://nowhere, database vms: a record of two points, and one of one.
    private const string Segment =
        "Vk1TUE9PTDGYAAAAAgAAAAEKA8FqNydNAQl2bV90b3RhbHMDBFZNSUQEbmFtZQR1dWlkBgdjcHV0aW1lBGxvYWQEaG9zdAdwYXJ0aWFsA2JpZwRub25lAgABAPrtUXKGGAExAWEA"
        + "AQEDAAAAAAAA4D8FBWjDpnN0BAEC//////////8AAAIA+u1RcoYYATEBYQABAgMAAAAAAADgPwUFaMOmc3QEAQL//////////wBsAAAAAQAAAC4wSyXKjIjLAQl2bV90b3RhbHMDBFZN"
        + "SUQEbmFtZQR1dWlkBgdjcHV0aW1lBGxvYWQEaG9zdAdwYXJ0aWFsA2JpZwRub25lAQADAPrtUXKGGAExAWEAAQMDAAAAAAAA4D8FBWjDpnN0BAEC//////////8A";

    private const string Common =
        """
        "name":"w\u00E9b\u002201","uuid":"6a3f5b0e-0b7e-4a8e-9a7e-000000000001","id":7,"hostName":"kvm1"
        """;

    private const string Rest =
        """
        "folder":"/dumps","sha256":"ab","storedSha256":"cd","isHashVerified":true,"rawBytes":1099511627776,"storedBytes":12345,"ratio":89065340.4435804,"duration":"00:00:12.3456789","pauseTime":"00:00:01.5000000","megabytesPerSecond":89060.44266030603,"compression":"Zstd","compressionLevel":3,"format":"elf","flags":"memory-only","operator":"root","note":"for\nlegal","toolVersion":"VmStats 0.1.0","ledgerHead":"ef","isSimulated":false,"changeTime":"2026-01-01T00:00:01+00:00","lastWriteTime":"2026-01-01T00:00:02+00:00","lastAccessTime":"2026-01-01T00:00:03+00:00","warnings":[]}}
        """;

    // One for the store of the test, one for another, and one that a crash cut off.
    private const string Lines =
        $$$"""
        {"store":"{0}","database":"{1}","reason":"The store is away.","record":{"time":"2026-01-01T00:00:00.1234567+00:00",{{{Common}}},"state":"Completed","dumpId":"6a3f5b0e-0b7e-4a8e-9a7e-000000000002","path":"/dumps/web01.elf.zst",{{{Rest}}}
        {"store":"http://elsewhere","database":"vms","reason":"The store is away.","record":{"time":"2026-01-01T00:00:00.1234567+00:00",{{{Common}}},"state":"Failed","dumpId":"6a3f5b0e-0b7e-4a8e-9a7e-000000000003","errorId":"DumpDiskFull","error":"The disk is full.",{{{Rest}}}
        {"store":"{0}","database":"{1}","reas
        """;

    [SkippableFact]
    public async Task Points_in_a_segment_are_read_as_they_were_written()
    {
        await using DumpLab lab = new();
        using PointSpool spool = new(new StoreInfo(StoreKind.InfluxDB3, "http://nowhere", "vms"), new SpoolOptions { Root = lab.Root });
        Directory.CreateDirectory(spool.Folder, UnixFiles.PrivateFolder);
        await File.WriteAllBytesAsync(Path.Combine(spool.Folder, "0639314391088853472-24b9b2d3ba534eca8826ca6e407484fb.segment"), Convert.FromBase64String(Segment));

        Assert.True(spool.HasPoints);
        using PinnedFolder folder = spool.Open();
        using FileStream segment = PointSpool.TryOpen(folder, Assert.Single(spool.Segments()))!;
        SegmentDamage damage = new();
        Point[][] batches = [.. SpoolSegment.Read(segment, damage).Select(batch => batch.ToArray())];
        Assert.Equal(0, damage.Count);
        Assert.Equal([2, 1], batches.Select(batch => batch.Length));
        Assert.Equal(3, SpoolSegment.CountPoints(segment));
        Point last = batches[1][0];
        Assert.Equal(("vm_totals", 1_767_225_600_000_000_003), (last.Shape.Measurement, last.Time));
        Assert.Equal(["VMID=1", "name=a", "uuid="], last.Shape.Tags.Zip(last.Tags, (name, value) => $"{name}={value}"));
        Assert.Equal(["cputime", "load", "host", "partial", "big", "none"], last.Shape.Fields);
        Assert.Equal([3L, 0.5, "hæst", true, ulong.MaxValue, null], last.Fields.Select(field => field.ToObject()));
    }

    [SkippableFact]
    public async Task Records_of_dumps_in_lines_beside_them_are_brought_each_to_its_store_and_what_is_none_is_kept_and_told()
    {
        await using DumpLab lab = new();
        Directory.CreateDirectory(lab.Folder, UnixFiles.PrivateFolder);
        string path = Path.Combine(lab.Folder, RecordLines.FileName);
        await File.WriteAllTextAsync(path, Lines.Replace("{0}", lab.Store.Info.Address, StringComparison.Ordinal).Replace("{1}", lab.Store.Info.Database, StringComparison.Ordinal));

        List<string> told = [];
        MemoryDumpRecord taken = await lab.TakeAsync(told: told);
        List<MemoryDumpRecord> records = await lab.RecordsAsync();
        Assert.Equal(2, records.Count);
        MemoryDumpRecord brought = records.Single(record => record.DumpId != taken.DumpId);
        Assert.Equal(
            ("wéb\"01", 7, "kvm1", MemoryDumpState.Completed, "ab", "cd", 1L << 40, 12345L),
            (brought.Name, brought.Id, brought.HostName, brought.State, brought.Sha256, brought.StoredSha256, brought.RawBytes, brought.StoredBytes));
        Assert.Equal(
            (TimeSpan.FromTicks(123_456_789), "for\nlegal", "ef", Guid.Parse("6a3f5b0e-0b7e-4a8e-9a7e-000000000002")),
            (brought.Duration, brought.Note, brought.LedgerHead, brought.DumpId));

        Assert.Contains("1 can't be read", Assert.Single(told), StringComparison.Ordinal);
        Assert.EndsWith("\"reas", Assert.Single(await File.ReadAllLinesAsync(Path.Combine(lab.Folder, RecordLines.DamagedName))), StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Point waiting = Assert.Single(DumpLab.Waiting(lab.Folder));
        Assert.Contains(FieldValue.From("6a3f5b0e-0b7e-4a8e-9a7e-000000000003"), waiting.Fields);
        await lab.TakeAsync();
    }
}
