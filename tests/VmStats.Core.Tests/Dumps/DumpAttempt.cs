using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>Dumps of one real VM, with folders and a store of their own, and what is left of them.</summary>
internal sealed class DumpAttempt : IAsyncDisposable
{
    private readonly VmStats.Infrastructure.Infrastructure _infrastructure = new();
    private readonly IHypervisor _hypervisor;
    private readonly ITelemetryStore _store;
    private readonly string _root = Directory.CreateTempSubdirectory("vmstats-attempt-").FullName;

    public DumpAttempt(LibvirtSession session, GuestVm vm)
    {
        Session = session;
        Vm = vm;
        _hypervisor = HypervisorFactory.Open(session.Uri, new VmStatsSettings());
        _store = _infrastructure.OpenEmbeddedStore(StorePath, retention: null);
    }

    public LibvirtSession Session { get; }

    public GuestVm Vm { get; }

    public string Folder => Path.Combine(_root, "dumps");

    public string StateFolder => Path.Combine(_root, "state");

    public string StorePath => Path.Combine(_root, "t.db");

    /// <summary>Takes a dump.</summary>
    /// <param name="level">Zstandard's level: at 19 it takes many seconds, and the guest is held in mid-dump.</param>
    /// <param name="reserve">Bytes to leave free.</param>
    /// <param name="stall">Longest time without progress.</param>
    /// <param name="folder">Another folder.</param>
    /// <param name="atFirstByte">Done once, when the first byte has come.</param>
    /// <param name="token">Cancels.</param>
    public async Task<MemoryDumpRecord> TakeAsync(
        int level = 1, long reserve = 64L << 20, TimeSpan? stall = null, string? folder = null, Func<Task>? atFirstByte = null, CancellationToken token = default)
    {
        VmInfo vm = await InfoAsync();
        await using MemoryDumper dumper = Dumper(folder ?? Folder);
        FirstByte progress = new(atFirstByte ?? (() => Task.CompletedTask));
        try
        {
            return await dumper.DumpAsync(
                new MemoryDumpRequest { Vm = vm, CompressionLevel = level, ReserveBytes = reserve, StallTimeout = stall ?? TimeSpan.FromSeconds(60) },
                progress,
                token);
        }
        finally
        {
            await progress.Done;
            Assert.Null(await dumper.CompleteAsync(default));
        }
    }

    /// <summary>What the next run does first: clears up, and records what a dead process could not.</summary>
    public Task RecoverAsync() =>
        new DumpRecovery(new DumpStateStore(StateFolder), new DumpRecorder(_store, StateFolder)).RecoverAsync(Folder, default);

    public async Task<VmState> StateAsync() => (await InfoAsync()).State;

    public MemoryDumpStatus[] Statuses() => [.. new MemoryDumpStatusReader(StateFolder).Read()];

    /// <summary>The folder where hypervisor and reader meet; null before and when the state doesn't tell.</summary>
    public string? Rendezvous() => new DumpStateStore(StateFolder).ReadAll().FirstOrDefault()?.Rendezvous;

    /// <summary>The records of all attempts, oldest first.</summary>
    public async Task<List<MemoryDumpRecord>> RecordsAsync()
    {
        List<MemoryDumpRecord> records = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(_store).ReadAsync(new MemoryDumpFilter { Uuids = [Vm.Uuid] }, default))
        {
            records.Insert(0, record);
        }

        return records;
    }

    public Task<MemoryDumpVerification> VerifyAsync(string path) => new MemoryDumpVerifier(_infrastructure, _store).VerifyAsync(path, null, default);

    /// <summary>Dumps that are in place.</summary>
    public string[] Dumps() => Files("*.elf.zst");

    /// <summary>Everything that should be gone when a dump has ended: partial files, and the place where both sides met.</summary>
    public string[] Leftovers() =>
    [
        .. Files(".*").Where(file => file.EndsWith(".partial", StringComparison.Ordinal) || file.EndsWith(".new", StringComparison.Ordinal)),
        .. new[] { Rendezvous() }.Where(Directory.Exists).OfType<string>(),
    ];

    public async ValueTask DisposeAsync()
    {
        await _hypervisor.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private MemoryDumper Dumper(string folder) => new(_hypervisor, _store, _infrastructure, new MemoryDumperOptions { Folder = folder, StateFolder = StateFolder });

    private async Task<VmInfo> InfoAsync() => (await _hypervisor.ListAsync(default)).Single(one => one.Uuid == Vm.Uuid);

    private string[] Files(string pattern) => Directory.Exists(Folder) ? Directory.GetFiles(Folder, pattern) : [];

    private sealed class FirstByte(Func<Task> action) : IProgress<MemoryDumpProgress>
    {
        private int _isBegun;

        public Task Done { get; private set; } = Task.CompletedTask;

        public void Report(MemoryDumpProgress value)
        {
            if (value.ProcessedBytes > 0 && Interlocked.Exchange(ref _isBegun, 1) == 0)
            {
                Done = Task.Run(action);
            }
        }
    }
}
