using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Hypervisors.Libvirt;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>One-pass dumps of a running QEMU guest, judged by the tools that others would use.</summary>
public sealed class RealDumpTests(RealLibvirt real) : IClassFixture<RealLibvirt>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-dumps-").FullName;
    private readonly VmStats.Infrastructure.Infrastructure _infrastructure = new();

    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd, "zstd -dc")]
    [InlineData(MemoryDumpCompression.Gzip, "zcat")]
    [InlineData(MemoryDumpCompression.None, "cat")]
    public async Task The_recorded_hash_is_sha256sums_and_the_marker_is_in_the_image(MemoryDumpCompression compression, string expand)
    {
        Part.Require(LibvirtSession.WhyAbsent ?? (Part.Find(expand.Split(' ')[0]) is null ? $"{expand} isn't installed" : null));
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, new VmStatsSettings());
        await using ITelemetryStore store = _infrastructure.OpenEmbeddedStore(Path.Combine(_folder, "t.db"), retention: null);
        MemoryDumpRecord record = await DumpAsync(hypervisor, store, compression);

        Assert.Equal(MemoryDumpState.Completed, record.State);
        Assert.Empty(record.Warnings);
        Assert.Equal(record.Sha256, await ShellAsync($"{expand} '{record.Path}' | sha256sum | cut -d' ' -f1"));
        Assert.Equal(record.StoredSha256, await ShellAsync($"sha256sum '{record.Path}' | cut -d' ' -f1"));
        Assert.NotEqual("0", await ShellAsync($"{expand} '{record.Path}' | grep -ac {real.Marker}"));
        Assert.Equal("\u007fELF", await ShellAsync($"( {expand} '{record.Path}' 2>/dev/null || true ) | head -c 4"));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(record.Path!));
        Assert.Equal(VmState.Running, await StateAsync(hypervisor));
        Assert.True(record.RawBytes > 128L << 20);

        await foreach (MemoryDumpRecord kept in new MemoryDumpRecords(store).ReadAsync(new MemoryDumpFilter { Uuids = [real.Guest.Uuid] }, default))
        {
            Assert.Equal((record.Sha256, record.RawBytes, record.StoredBytes, record.DumpId), (kept.Sha256, kept.RawBytes, kept.StoredBytes, kept.DumpId));
            return;
        }

        Assert.Fail("There is no record.");
    }

    [SkippableFact]
    public async Task A_full_disk_leaves_no_file_a_failed_record_and_the_guest_running()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        string small = Directory.CreateDirectory(Path.Combine(_folder, "small")).FullName;
        await ShellAsync($"mount -t tmpfs -o size=16m,mode=700 vmstats-test '{small}'");
        try
        {
            await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, new VmStatsSettings());
            await using ITelemetryStore store = _infrastructure.OpenEmbeddedStore(Path.Combine(_folder, "t.db"), retention: null);
            VmStatsException failure = await Assert.ThrowsAnyAsync<VmStatsException>(() => DumpAsync(hypervisor, store, MemoryDumpCompression.Gzip, small, reserve: 0));
            Assert.Equal("DiskFull", failure.ErrorId);
            Assert.DoesNotContain(Directory.GetFiles(small), IsOfADump);
            Assert.Equal(VmState.Running, await StateAsync(hypervisor));
            MemoryDumpStats stats = await new MemoryDumpRecords(store).GetStatsAsync(new MemoryDumpFilter(), default);
            Assert.Equal((0, 1), (stats.Count, stats.FailureCount));
        }
        finally
        {
            await ShellAsync($"umount -l '{small}'");
        }
    }

    [SkippableFact]
    public async Task A_cancelled_dump_lets_the_guest_go_on_and_leaves_no_file()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, new VmStatsSettings());
        await using ITelemetryStore store = _infrastructure.OpenEmbeddedStore(Path.Combine(_folder, "t.db"), retention: null);
        using CancellationTokenSource stop = new();
        CancelAtFirstByte progress = new(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DumpAsync(hypervisor, store, MemoryDumpCompression.Zstd, progress: progress, level: 15, token: stop.Token));
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(_folder, "d")), IsOfADump);
        await Eventually.TrueAsync("the guest runs", TimeSpan.FromMinutes(1), async () => await StateAsync(hypervisor) == VmState.Running);
        MemoryDumpStats stats = await new MemoryDumpRecords(store).GetStatsAsync(new MemoryDumpFilter(), default);
        Assert.Equal((0, 1), (stats.Count, stats.FailureCount));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool IsOfADump(string file) =>
        file.Contains(".elf", StringComparison.Ordinal) || file.EndsWith(DumpFile.PartialSuffix, StringComparison.Ordinal);

    private static async Task<string> ShellAsync(string command) =>
        (await Tool.RunAsync("bash", ["-c", "set -o pipefail; " + command], TimeSpan.FromMinutes(1))).Trim();

    private async Task<MemoryDumpRecord> DumpAsync(
        IHypervisor hypervisor,
        ITelemetryStore store,
        MemoryDumpCompression compression,
        string? folder = null,
        long reserve = 64L << 20,
        IProgress<MemoryDumpProgress>? progress = null,
        int? level = null,
        CancellationToken token = default)
    {
        VmInfo vm = (await hypervisor.ListAsync(default)).Single(one => one.Uuid == real.Guest.Uuid);
        await using MemoryDumper dumper = new(hypervisor, store, _infrastructure, new MemoryDumperOptions
        {
            Folder = folder ?? Path.Combine(_folder, "d"),
            StateFolder = Path.Combine(_folder, "state"),
        });
        return await dumper.DumpAsync(
            new MemoryDumpRequest { Vm = vm, Compression = compression, CompressionLevel = level, ReserveBytes = reserve }, progress, token);
    }

    private async Task<VmState> StateAsync(IHypervisor hypervisor) =>
        (await hypervisor.ListAsync(default)).Single(one => one.Uuid == real.Guest.Uuid).State;

    private sealed class CancelAtFirstByte(CancellationTokenSource stop) : IProgress<MemoryDumpProgress>
    {
        public void Report(MemoryDumpProgress value)
        {
            if (value.ProcessedBytes > 0)
            {
                stop.Cancel();
            }
        }
    }
}
