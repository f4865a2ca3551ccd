using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Dumps.Custody;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Records;
using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Dumps;

/// <summary>A simulated fleet, an embedded store, a dump folder and a state folder of one test's own.</summary>
internal sealed class DumpLab : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("vmstats-lab-").FullName;

    /// <param name="fleet">Parameters of the fleet; its VMs have 16 to 64 MiB.</param>
    public DumpLab(string fleet = "vms=8&seed=3&mem=0.125")
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Fleet = HypervisorFactory.Open("sim://lab?" + fleet, new VmStatsSettings());
        Store = Infrastructure.OpenEmbeddedStore(Path.Combine(_root, "t.db"), retention: null);
    }

    public VmStats.Infrastructure.Infrastructure Infrastructure { get; } = new();

    public IHypervisor Fleet { get; }

    public ITelemetryStore Store { get; }

    /// <summary>The test's own folder, with all others in it.</summary>
    public string Root => _root;

    public string Folder => Path.Combine(_root, "dumps");

    public string StateFolder => Path.Combine(_root, "state");

    public LabLedger Ledger => new(Folder);

    public MemoryDumpVerifier Verifier => new(Infrastructure, Store);

    public MemoryDumpExpander Expander => new(Infrastructure);

    public MemoryDumper Dumper(ITelemetryStore? store = null) => new(
        Fleet, store ?? Store, Infrastructure, new MemoryDumperOptions { Folder = Folder, StateFolder = StateFolder });

    public async Task<VmInfo> VmAsync(string name = "web01") => (await Fleet.ListAsync(default)).Single(vm => vm.Name == name);

    /// <summary>The records that wait in a folder, in the order in which they came.</summary>
    public static Point[] Waiting(string folder)
    {
        string spools = Path.Combine(folder, RecordSpool.FolderName);
        return !Directory.Exists(spools) ? [] :
        [
            .. Directory.GetFiles(spools, "*" + SpoolSegment.Extension, SearchOption.AllDirectories).OrderBy(Path.GetFileName, StringComparer.Ordinal)
                .SelectMany(path =>
                {
                    using FileStream segment = File.OpenRead(path);
                    return SpoolSegment.Read(segment, new SegmentDamage()).SelectMany(batch => batch).ToArray();
                }),
        ];
    }

    /// <summary>The dumps whose records wait in a folder, in the order in which they came.</summary>
    public static string[] WaitingDumps(string folder) =>
        [.. Waiting(folder).Select(point => $"{point.Fields[point.Shape.Fields.ToList().IndexOf(MemDumpsTable.DumpId)]}")];

    /// <summary>Takes a dump, and waits for what is done beside it.</summary>
    public async Task<MemoryDumpRecord> TakeAsync(
        MemoryDumpCompression compression = MemoryDumpCompression.Zstd, string vm = "web01", ITelemetryStore? store = null, List<string>? told = null)
    {
        await using MemoryDumper dumper = Dumper(store);
        try
        {
            return await dumper.DumpAsync(new MemoryDumpRequest { Vm = await VmAsync(vm), Compression = compression }, null, default);
        }
        finally
        {
            string? warning = await dumper.CompleteAsync(default);
            if (told is null)
            {
                Assert.Null(warning);
            }
            else if (warning is not null)
            {
                told.Add(warning);
            }
        }
    }

    public Task<MemoryDumpVerification> VerifyAsync(string path) => Verifier.VerifyAsync(path, null, default);

    /// <summary>Verifies, and notes it in the ledger.</summary>
    public Task<MemoryDumpVerification> VerifyAndRecordAsync(string path) => Verifier.VerifyAndRecordAsync(path, null, default);

    /// <summary>The ids of what a verification found, each once.</summary>
    public async Task<string[]> FindAsync(string path) =>
        [.. (await VerifyAsync(path)).Findings.Select(finding => finding.Id).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>All records in the store, newest first.</summary>
    public async Task<List<MemoryDumpRecord>> RecordsAsync()
    {
        List<MemoryDumpRecord> records = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(Store).ReadAsync(new MemoryDumpFilter(), default))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Takes a lock as .NET takes it, as another program would.</summary>
    public static FileStream Lock(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Files in the dump folder that aren't in place: partial ones and what was to become a sealed one.</summary>
    public string[] Leftovers() => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, ".*").Where(file => file.EndsWith(".partial", StringComparison.Ordinal) || file.EndsWith(".new", StringComparison.Ordinal))]
        : [];

    /// <summary>Changes a sealed file as somebody would who owns the folder.</summary>
    public static void Tamper(string path, Func<byte[], byte[]> change)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    /// <summary>Changes the ledger's lines.</summary>
    public void TamperLedger(Action<List<string>> change)
    {
        List<string> lines = [.. File.ReadAllLines(Ledger.Path)];
        change(lines);
        File.WriteAllText(Ledger.Path, string.Concat(lines.Select(line => line + "\n")));
    }

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}
