using System.Diagnostics;
using System.Globalization;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

/// <summary>What goes wrong on a real host: the daemon restarts, a QEMU hangs, a reader goes away.</summary>
public sealed class RealFaultTests(RealDaemon real) : IClassFixture<RealDaemon>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly VmStatsSettings s_settings = new();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_daemon_that_was_restarted_is_connected_to_again(bool kill)
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync($"restart-{kill}");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        VmStatistics before = await ReadAsync(hypervisor, vm);
        await real.Session.StopDaemonAsync(kill);
        VmStatsException down = await Assert.ThrowsAsync<VmStatsException>(async () => await hypervisor.ListAsync(default));
        await real.Session.StartDaemonAsync();

        VmStatistics after = await ReadAsync(hypervisor, vm);
        Assert.Equal("HypervisorUnreachable", down.ErrorId);
        Assert.Contains(real.Session.SocketPath, down.Message, StringComparison.Ordinal);
        Assert.Equal(before.Vm.Id, after.Vm.Id);
        Assert.True(after.CpuTime >= before.CpuTime);
    }

    [SkippableFact]
    public async Task A_restart_between_two_polls_goes_unnoticed()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("unnoticed");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        await ReadAsync(hypervisor, vm);
        await real.Session.StopDaemonAsync();
        await real.Session.StartDaemonAsync();
        Assert.Equal(VmState.Running, (await ReadAsync(hypervisor, vm)).Vm.State);
    }

    [SkippableFact]
    public async Task A_qemu_that_hangs_costs_one_poll_and_then_only_its_own_figures()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm stuck = await real.Session.DefineBiosOnlyAsync("stuck");
        GuestVm well = await real.Session.DefineBiosOnlyAsync("well");
        int qemu = await real.Session.QemuIdAsync(stuck);
        VmStatsSettings hasty = new() { LibvirtTimeout = TimeSpan.FromSeconds(6) };
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, hasty);
        Assert.False((await ReadAsync(hypervisor, stuck)).IsPartial);
        try
        {
            await SignalAsync("STOP", qemu);
            Assert.Contains(await hypervisor.ListAsync(default), vm => vm.Uuid == stuck.Uuid && vm.State == VmState.Running);
            VmStatsException late = await Assert.ThrowsAsync<VmStatsException>(
                async () => await hypervisor.GetStatisticsAsync(default));
            Assert.Equal(("LibvirtTimeout", VmStatsErrorKind.Timeout), (late.ErrorId, late.Kind));

            for (int poll = 0; poll < 3; poll++)
            {
                IReadOnlyList<VmStatistics> all = await hypervisor.GetStatisticsAsync(default);
                Assert.True(all.Single(vm => vm.Vm.Uuid == stuck.Uuid).IsPartial, "the stuck one isn't marked");
                Assert.False(all.Single(vm => vm.Vm.Uuid == well.Uuid).IsPartial, "the well one is marked");
            }
        }
        finally
        {
            await SignalAsync("CONT", qemu);
        }

        await Eventually.TrueAsync("the VM is read in full again", s_patience, async () =>
            !(await ReadAsync(hypervisor, stuck)).IsPartial);
    }

    [SkippableFact]
    public async Task Cancelling_stops_the_waiting_at_once()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm stuck = await real.Session.DefineBiosOnlyAsync("cancelled");
        int qemu = await real.Session.QemuIdAsync(stuck);
        VmStatsSettings patient = new() { LibvirtTimeout = TimeSpan.FromMinutes(10) };
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, patient);
        await hypervisor.ListAsync(default);
        try
        {
            await SignalAsync("STOP", qemu);
            using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(300));

            // The VM stays stuck until this has ended, and the hypervisor's own patience is longer than this test's.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => hypervisor.GetStatisticsAsync(cancel.Token).AsTask().WaitAsync(TimeSpan.FromMinutes(2)));
        }
        finally
        {
            await SignalAsync("CONT", qemu);
        }
    }

    [SkippableFact]
    public async Task A_dump_goes_through_a_fifo_and_the_vm_runs_on()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("fifo");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string fifo = await MakeFifoAsync("whole");
        Task<(byte[] Head, long Length)> reading = Task.Run(() => ReadAll(fifo, long.MaxValue));
        await hypervisor.DumpMemoryAsync(vm.Uuid, fifo, new CoreDumpOptions(), default).WaitAsync(s_patience);
        (byte[] head, long length) = await reading.WaitAsync(s_patience);
        Assert.Equal("\x7f" + "ELF", System.Text.Encoding.Latin1.GetString(head, 0, 4));
        Assert.True(length > 32 << 20, $"{length} bytes are less than the VM's memory");
        Assert.Equal(VmState.Running, (await ReadAsync(hypervisor, vm)).Vm.State);
        Assert.Null(await hypervisor.GetDumpProgressAsync(vm.Uuid, default));
    }

    [SkippableFact]
    public async Task A_reader_that_goes_away_ends_the_dump_and_frees_the_vm()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("cut");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string fifo = await MakeFifoAsync("cut");
        Task reading = Task.Run(() => ReadAll(fifo, 1 << 20));
        VmStatsException cut = await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(vm.Uuid, fifo, new CoreDumpOptions(), default).WaitAsync(s_patience));
        await reading.WaitAsync(s_patience);
        Assert.True(cut.ErrorId == "DumpStreamClosed", cut.Message);
        Assert.Equal(VmState.Running, (await ReadAsync(hypervisor, vm)).Vm.State);
    }

    [SkippableFact]
    public async Task Progress_of_a_dump_that_waits_for_its_reader_is_seen()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("progress");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string fifo = await MakeFifoAsync("slow");
        using ManualResetEventSlim go = new();
        Task reading = Task.Run(() =>
        {
            using FileStream stream = OpenFifo(fifo);
            go.Wait();
            stream.CopyTo(Stream.Null);
        });
        Task dump = hypervisor.DumpMemoryAsync(vm.Uuid, fifo, new CoreDumpOptions(), default);
        CoreDumpProgress seen = await Eventually.GetAsync(
            "progress is reported", s_patience, async () => await hypervisor.GetDumpProgressAsync(vm.Uuid, default));
        VmInfo during = (await hypervisor.ListAsync(default)).Single(info => info.Uuid == vm.Uuid);
        go.Set();
        await dump.WaitAsync(s_patience);
        await reading.WaitAsync(s_patience);
        Assert.Equal(VmState.Paused, during.State);
        Assert.InRange(seen.ProcessedBytes, 0, seen.TotalBytes);
    }

    [SkippableFact]
    public async Task A_crash_dump_leaves_the_vm_off()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("crash");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string path = Path.Combine(real.Session.DumpFolder, "crash.elf");
        await hypervisor.DumpMemoryAsync(vm.Uuid, path, new CoreDumpOptions { Crash = true }, default).WaitAsync(s_patience);
        Assert.True(new FileInfo(path).Length > 32 << 20);
        Assert.Equal(VmState.ShutOff, (await ReadAsync(hypervisor, vm)).Vm.State);
    }

    [SkippableFact]
    public async Task A_format_that_this_qemu_has_not_is_refused_by_name()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm vm = await real.Session.DefineBiosOnlyAsync("format");
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string path = Path.Combine(real.Session.DumpFolder, "format.kdump");
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(() => hypervisor.DumpMemoryAsync(
            vm.Uuid, path, new CoreDumpOptions { Format = (CoreDumpFormat)99 }, default));
        Assert.Equal(("DumpFormatNotSupported", VmStatsErrorKind.NotSupported), (refused.ErrorId, refused.Kind));
        Assert.False(File.Exists(path));
    }

    [SkippableTheory]
    [InlineData("quotes ' \" and `ticks`")]
    [InlineData("commas, equals=signs and \\ backslashes")]
    [InlineData("Ünïcödé 名前 🙂")]
    [InlineData("x'; DROP TABLE vm_totals; --")]
    [InlineData("<b>&amp; $(reboot) *?[a] {0} %s")]
    public async Task Any_name_that_libvirt_takes_comes_back_as_it_is(string name)
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await real.Session.DefineBiosOnlyAsync(name, start: false);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        Assert.Contains(await hypervisor.ListAsync(default), vm => vm.Name == name);
        Assert.Contains(await hypervisor.GetStatisticsAsync(default), vm => vm.Vm.Name == name);
    }

    private static async Task<VmStatistics> ReadAsync(IHypervisor hypervisor, GuestVm vm) =>
        (await hypervisor.GetStatisticsAsync(default)).Single(statistics => statistics.Vm.Uuid == vm.Uuid);

    private static async Task SignalAsync(string signal, int id)
    {
        using Process kill = Process.Start("kill", ["-" + signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task<string> MakeFifoAsync(string name)
    {
        string path = Path.Combine(real.Session.DumpFolder, name);
        using Process make = Process.Start("mkfifo", ["-m", "666", path]);
        await make.WaitForExitAsync();
        return path;
    }

    private static FileStream OpenFifo(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

    private static (byte[] Head, long Length) ReadAll(string fifo, long atMost)
    {
        using FileStream stream = OpenFifo(fifo);
        byte[] head = new byte[16];
        stream.ReadExactly(head);
        long length = head.Length;
        byte[] buffer = new byte[1 << 16];
        for (int read; length < atMost && (read = stream.Read(buffer)) > 0;)
        {
            length += read;
        }

        return (head, length);
    }
}
