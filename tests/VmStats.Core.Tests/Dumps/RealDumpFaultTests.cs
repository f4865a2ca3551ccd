using VmStats.Core.Tests.Hypervisors.Libvirt;
using VmStats.Core.Tests.Processes;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.IO;

namespace VmStats.Core.Tests.Dumps;

/// <summary>
/// What becomes of a real QEMU guest, of the files and of the records when a dump goes wrong: a row of a table for each
/// fault. The guest has 128 MiB, a marker in them, and rewrites half a megabyte each second.
/// </summary>
public sealed class RealDumpFaultTests(RealLibvirt real) : IClassFixture<RealLibvirt>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    // The VM's state afterwards; how each attempt is recorded; the error that the caller gets; what is done; on which VM.
    private static readonly Dictionary<string, Row> s_table = new()
    {
        ["memory changes"] = new(VmState.Running, [MemoryDumpState.Completed, MemoryDumpState.Completed], null, ChangingAsync),
        ["guest killed mid-dump"] = new(VmState.ShutOff, [MemoryDumpState.Failed], "VmNotRunning", KillGuestAsync, Vm.OfItsOwn),
        ["libvirtd killed mid-dump"] = new(VmState.Running, [MemoryDumpState.Failed], "HypervisorUnreachable", KillDaemonAsync),
        ["disk full"] = new(VmState.Running, [MemoryDumpState.Failed], "DiskFull", FullDiskAsync, NeedsRoot: true),
        ["reader killed"] = new(VmState.Running, [MemoryDumpState.Interrupted, MemoryDumpState.Completed], null, KillReaderAsync),
        ["two dumps at once"] = new(VmState.Running, [MemoryDumpState.Completed], "DumpAlreadyRunning", TwiceAsync),
        ["VM is shut off"] = new(VmState.ShutOff, [MemoryDumpState.Failed], "VmNotRunning", run => run.TakeAsync(), Vm.Off),
        ["VM is paused"] = new(VmState.Paused, [MemoryDumpState.Completed], null, PausedAsync, Vm.Bios),
        ["no permission"] = new(VmState.Running, [MemoryDumpState.Failed], "DumpFolderUnusable", NoPermissionAsync),
        ["folder is open to others"] = new(VmState.Running, [MemoryDumpState.Failed], "DumpFolderNotPrivate", OpenFolderAsync),
        ["folder is a link"] = new(VmState.Running, [MemoryDumpState.Failed], "DumpFolderIsLink", LinkAsync),
        ["cancelled"] = new(VmState.Running, [MemoryDumpState.Cancelled], null, CancelAsync),
        ["QEMU hangs mid-dump"] = new(VmState.Running, [MemoryDumpState.Failed], "DumpStalled", HangAsync),
    };

    private delegate Task Fault(DumpAttempt run);

    private enum Vm
    {
        Shared,
        OfItsOwn,
        Bios,
        Off,
    }

    public static TheoryData<string> Faults => [.. s_table.Keys];

    [SkippableTheory]
    [MemberData(nameof(Faults))]
    public async Task Each_fault_ends_as_it_should(string fault)
    {
        Part.Require(LibvirtSession.WhyAbsent);
        Row row = s_table[fault];
        Skip.If(row.NeedsRoot && !Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        await using DumpAttempt run = new(real.Session, await VmOfAsync(fault, row.On));
        VmStatsException? failure = await FailureOfAsync(() => row.Fault(run));

        Assert.True(failure?.ErrorId == row.ErrorId, $"{failure}");
        Assert.Empty(run.Leftovers());
        List<MemoryDumpRecord> records = await run.RecordsAsync();
        Assert.Equal(row.States, records.Select(record => record.State));
        Assert.Equal(records.Where(record => record.State == MemoryDumpState.Completed).Select(record => record.Path).Order(), run.Dumps().Order());
        Assert.All(run.Statuses(), status => Assert.NotNull(status.FinishedAt));
        await Eventually.TrueAsync($"the VM is {row.State}", s_patience, async () => await run.StateAsync() == row.State);
        foreach (string dump in run.Dumps())
        {
            Assert.Empty((await run.VerifyAsync(dump)).Findings);
        }
    }

    private static async Task<VmStatsException?> FailureOfAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (VmStatsException e)
        {
            return e;
        }
    }

    private async Task<GuestVm> VmOfAsync(string fault, Vm kind)
    {
        // Short: QEMU's monitor socket has the name in its path, of which the kernel takes 107 bytes.
        string name = $"fault{s_table.Keys.ToList().IndexOf(fault)}";
        switch (kind)
        {
            case Vm.OfItsOwn:
                GuestVm vm = await real.Session.DefineAndStartAsync(name, 128);
                await LibvirtSession.WaitForGuestAsync(vm);
                return vm;
            case Vm.Bios or Vm.Off:
                return await real.Session.DefineBiosOnlyAsync(name, start: kind == Vm.Bios);
            default:
                return real.Guest;
        }
    }

    private static Task<string> SignalAsync(string signal, int id) => Tool.RunAsync("kill", [$"-{signal}", $"{id}"], s_patience);

    private static async Task ChangingAsync(DumpAttempt run)
    {
        MemoryDumpRecord first = await run.TakeAsync();

        // On a loaded machine the guest may not have come to run at all meanwhile.
        string written = await WrittenAsync(run);
        await Eventually.TrueAsync("the guest works on", s_patience, async () => await WrittenAsync(run) != written);
        MemoryDumpRecord second = await run.TakeAsync();
        Assert.NotEqual(first.Sha256, second.Sha256);
        Assert.Equal(first.RawBytes, second.RawBytes);
        string marker = await LibvirtSession.WaitForGuestAsync(run.Vm);
        Assert.NotEqual("0", (await Tool.RunAsync("bash", ["-c", $"zstd -dc '{second.Path}' | grep -ac {marker}"], s_patience)).Trim());
    }

    private static async Task<string> WrittenAsync(DumpAttempt run) =>
        (await run.Session.VirshAsync("domstats", "--raw", run.Vm.Uuid.ToString("D"))).Split('\n')
        .Single(line => line.Contains("block.0.wr.reqs=", StringComparison.Ordinal));

    private static async Task KillGuestAsync(DumpAttempt run)
    {
        int qemu = await run.Session.QemuIdAsync(run.Vm);
        await run.TakeAsync(level: 19, atFirstByte: () => SignalAsync("KILL", qemu));
    }

    private static async Task KillDaemonAsync(DumpAttempt run)
    {
        try
        {
            await run.TakeAsync(level: 19, atFirstByte: () => run.Session.StopDaemonAsync(kill: true));
        }
        finally
        {
            await run.Session.StartDaemonAsync();
        }
    }

    private static async Task FullDiskAsync(DumpAttempt run)
    {
        Directory.CreateDirectory(run.Folder);
        await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=700", "vmstats-test", run.Folder], s_patience);
        try
        {
            await run.TakeAsync(reserve: 0);
        }
        finally
        {
            string[] left = [.. run.Dumps(), .. run.Leftovers()];
            await Tool.RunAsync("umount", ["-l", run.Folder], s_patience);
            Assert.Empty(left);
        }
    }

    private static async Task KillReaderAsync(DumpAttempt run)
    {
        using ChildProcess child = ChildProcess.Start("dump", run.Session.Uri, run.Vm.Name, run.Folder, run.StateFolder, run.StorePath);
        await Eventually.TrueAsync("the child reads the guest's memory", s_patience, () => Task.FromResult(
            child.HasExited || run.Statuses().Any(status => status is { State: MemoryDumpState.Running, ProcessedBytes: > 0 })));
        Assert.False(child.HasExited, child.Text);
        await child.KillAsync();
        Assert.Equal(MemoryDumpState.Interrupted, Assert.Single(run.Statuses()).State);
        Assert.Equal(2, run.Leftovers().Length);
        Assert.Empty(await run.RecordsAsync());

        // The guest runs on by itself: QEMU's pipe has lost its reader. The next dump makes a record of the marker.
        await Eventually.TrueAsync("the guest runs on", s_patience, async () => await run.StateAsync() == VmState.Running);
        await run.TakeAsync();
    }

    private static async Task TwiceAsync(DumpAttempt run)
    {
        VmStatsException? second = null;
        await run.TakeAsync(level: 12, atFirstByte: async () => second = await FailureOfAsync(() => run.TakeAsync()));
        throw second ?? throw new InvalidOperationException("The second dump was not refused.");
    }

    private static async Task PausedAsync(DumpAttempt run)
    {
        await run.Session.VirshAsync("suspend", run.Vm.Name);
        Assert.Null((await run.TakeAsync()).PauseTime);
    }

    // Nobody makes folders in /proc, whoever he is.
    private static async Task NoPermissionAsync(DumpAttempt run) => await run.TakeAsync(folder: "/proc/vmstats");

    private static async Task OpenFolderAsync(DumpAttempt run)
    {
        Directory.CreateDirectory(run.Folder);
        File.SetUnixFileMode(run.Folder, UnixFiles.PrivateFolder | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        await run.TakeAsync();
    }

    private static async Task LinkAsync(DumpAttempt run)
    {
        string target = Directory.CreateDirectory(run.Folder + "-target").FullName;
        Directory.CreateSymbolicLink(run.Folder, target);
        try
        {
            await run.TakeAsync();
        }
        finally
        {
            Assert.Empty(Directory.GetFileSystemEntries(target));
        }
    }

    private static async Task CancelAsync(DumpAttempt run)
    {
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.TakeAsync(level: 19, atFirstByte: stop.CancelAsync, token: stop.Token));
    }

    // A QEMU that is stopped in mid-dump sends nothing, like one whose host has a bad day, and can't be told that its reader
    // has gone until it goes on.
    private static async Task HangAsync(DumpAttempt run)
    {
        int qemu = await run.Session.QemuIdAsync(run.Vm);
        string? rendezvous = null;
        await run.TakeAsync(level: 12, stall: TimeSpan.FromSeconds(4), atFirstByte: async () =>
        {
            rendezvous = run.Rendezvous();
            await SignalAsync("STOP", qemu);
            await Eventually.TrueAsync("the reader has given up", s_patience, () => Task.FromResult(!Directory.Exists(rendezvous)));
            await SignalAsync("CONT", qemu);
        });
    }

    private sealed record Row(VmState State, MemoryDumpState[] States, string? ErrorId, Fault Fault, Vm On = Vm.Shared, bool NeedsRoot = false);
}
