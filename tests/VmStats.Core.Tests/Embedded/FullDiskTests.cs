using VmStats.Core.Tests.Processes;
using VmStats.Fixtures.Libvirt;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Embedded;

/// <summary>A disk that fills up under the store and under the spool, and then has room again.</summary>
public sealed class FullDiskTests : AsyncTest
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly string _disk = Directory.CreateTempSubdirectory("vmstats-full-").FullName;
    private bool _isMounted;

    private string Ballast => Path.Combine(_disk, "ballast");

    public override async ValueTask DisposeAsync()
    {
        if (_isMounted)
        {
            await Tool.RunAsync("umount", ["-l", _disk], s_patience);
        }

        Directory.Delete(_disk, recursive: true);
    }

    [SkippableFact]
    public async Task The_store_keeps_whole_batches_and_goes_on_when_there_is_room()
    {
        await MountAsync();
        await using EmbeddedStore store = EmbeddedStore.Open(Path.Combine(_disk, "store.db"), null);
        int batches = 0;
        EmbeddedStoreException full = await Assert.ThrowsAsync<EmbeddedStoreException>(async () =>
        {
            for (; batches < 10_000; batches++)
            {
                await store.WriteAsync(WriterProgram.PointsOf("a", batches), default);
            }
        });
        Assert.Equal(("DiskFull", VmStatsErrorKind.WriteFailed), (full.ErrorId, full.Kind));
        Assert.Equal(batches * WriterProgram.Batch, await CountAsync(store));

        File.Delete(Ballast);
        await store.WriteAsync(WriterProgram.PointsOf("a", batches), default);
        Assert.Equal((batches + 1) * WriterProgram.Batch, await CountAsync(store));
    }

    [SkippableFact]
    public async Task The_spool_keeps_whole_batches_and_goes_on_when_there_is_room()
    {
        await MountAsync();
        await using StoreFixture elsewhere = new();
        using PointSpool spool = new(elsewhere.Store.Info, new SpoolOptions { Root = Path.Combine(_disk, "spool") });
        int batches = 0;
        VmStatsException full = Assert.Throws<VmStatsException>(() =>
        {
            for (; batches < 10_000; batches++)
            {
                spool.Append(WriterProgram.PointsOf("a", batches));
            }
        });
        Assert.Equal(("SpoolWriteFailed", VmStatsErrorKind.WriteFailed), (full.ErrorId, full.Kind));

        File.Delete(Ballast);
        spool.Append(WriterProgram.PointsOf("a", batches));
        long written = 0;
        await foreach (SegmentReplay segment in new SpoolReplayer(spool, new PointConformer(elsewhere.Store, TagVocabulary.Rules)).ReplayAsync(default))
        {
            Assert.Null(segment.DamagedFile);
            written += segment.Written;
        }

        Assert.Equal((batches + 1) * WriterProgram.Batch, written);
        Assert.Equal((batches + 1) * WriterProgram.Batch, await CountAsync(elsewhere.Store));
    }

    private static async Task<int> CountAsync(EmbeddedStore store)
    {
        int rows = 0;
        await foreach (StoreRow row in store.QueryAsync(new StoreQuery("vm_totals"), default))
        {
            Assert.Equal(rows++, row["cputime"].AsInt64());
        }

        return rows;
    }

    /// <summary>A disk of four MiB, three of them taken.</summary>
    private async Task MountAsync()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=700", "vmstats-test", _disk], s_patience);
        _isMounted = true;
        await File.WriteAllBytesAsync(Ballast, new byte[3 << 20]);
    }
}
