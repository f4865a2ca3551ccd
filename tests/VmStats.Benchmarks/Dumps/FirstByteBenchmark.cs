using System.Diagnostics;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Net.Sockets;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Fixtures.Libvirt;
using VmStats.PowerShell.Commands;
using PSEngine = System.Management.Automation.PowerShell;

namespace VmStats.Benchmarks.Dumps;

/// <summary>
/// From Enter to the first byte of memory on the disk, with stores that answer, one that another program has locked, one
/// that refuses, and one that takes the connection and never answers: a dump must not wait for any of them. Beside it, the
/// last of three VMs that are dumped one after the other, whose turn comes when the capture before it is over.
/// </summary>
internal sealed class FirstByteBenchmark : IDisposable
{
    private const int Runs = 7;
    private const int Fleet = 3;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly string _root;
    private readonly Runspace _runspace;

    private FirstByteBenchmark(string root)
    {
        _root = root;
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", Path.Combine(root, "states"));
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Connect-VmStats", typeof(ConnectVmStatsCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Invoke-MemoryDump", typeof(InvokeMemoryDumpCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    public static async Task RunAsync(string root, bool withGuest)
    {
        using FirstByteBenchmark benchmark = new(root);
        await using Stores stores = await Stores.StartAsync(root);
        benchmark.Run($"Connect-VmStats -Path '{Stores.LockedFile(root)}'");
        stores.Lock(root);
        Console.WriteLine(FormattableString.Invariant($"from Enter to the first byte on the disk, median of {Runs}, least and most"));
        benchmark.Measure(stores, "simulated fleet", "sim://bench?vms=8&seed=3&mem=0.125", "web01", "app02, web01, web02");
        if (!withGuest || LibvirtSession.WhyAbsent is string why)
        {
            Console.WriteLine(withGuest ? $"No guest: {LibvirtSession.WhyAbsent}." : "--guest measures a real guest, too.");
            return;
        }

        await using LibvirtSession session = await LibvirtSession.StartAsync();
        GuestVm guest = await session.DefineAndStartAsync("guest0");
        await LibvirtSession.WaitForGuestAsync(guest);
        List<string> names = [guest.Name];
        while (names.Count < Fleet)
        {
            names.Add((await session.DefineBiosOnlyAsync($"guest{names.Count}")).Name);
        }

        benchmark.Measure(stores, "QEMU guest", session.Uri, names[0], string.Join(", ", names));
    }

    public void Dispose() => _runspace.Dispose();

    // In rounds over all stores: what else the machine does meanwhile falls on each of them.
    private void Measure(Stores stores, string what, string hypervisor, string one, string several)
    {
        Dictionary<string, List<TimeSpan>> times = [];
        for (int round = 0; round <= Runs; round++)
        {
            foreach ((string name, string connect) in stores.All)
            {
                Run($"Connect-VmStats {connect} -NoProbe -HypervisorUri '{hypervisor}'");
                Note($"{what}: {name}", FirstByte(one, 1));
                Note($"{what}: {name}, the last of {Fleet} in turn", FirstByte(several, Fleet));
            }

            if (round == 0)
            {
                times.Clear();
            }
        }

        foreach ((string name, List<TimeSpan> each) in times.OrderBy(pair => pair.Key.EndsWith("turn", StringComparison.Ordinal)))
        {
            each.Sort();
            Console.WriteLine(FormattableString.Invariant(
                $"{name,-68} {each[Runs / 2].TotalMilliseconds,7:F0} ms, {each[0].TotalMilliseconds:F0} to {each[^1].TotalMilliseconds:F0}"));
        }

        void Note(string name, TimeSpan time)
        {
            if (!times.TryGetValue(name, out List<TimeSpan>? each))
            {
                times.Add(name, each = []);
            }

            each.Add(time);
        }
    }

    // Not compressed, so that nothing stands in the file before the memory does. The records of stores that don't take them
    // pile up beside the dumps, as they do in life: the dumps after have them to bring.
    private TimeSpan FirstByte(string names, int count)
    {
        string folder = Path.Combine(_root, "dumps");
        HashSet<string> begun = [];
        using PSEngine shell = PSEngine.Create(_runspace);
        shell.AddScript($"Invoke-MemoryDump {names} -Path '{folder}' -Compression None -ThrottleLimit 1");
        long started = Stopwatch.GetTimestamp();
        IAsyncResult running = shell.BeginInvoke();
        while (begun.Count < count)
        {
            begun.UnionWith(Begun(folder));
            if (begun.Count < count && (Stopwatch.GetElapsedTime(started) > s_limit || running.IsCompleted))
            {
                throw new InvalidOperationException($"{begun.Count} dumps of {count} have begun. {string.Join(' ', shell.Streams.Error)}");
            }

            Thread.Sleep(1);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(started);
        while (Directory.GetFiles(folder, "*.elf").Length < count)
        {
            Thread.Sleep(1);
        }

        shell.Stop();
        Array.ForEach(Directory.GetFiles(folder, "*.elf*"), File.Delete);
        return time;
    }

    private static IEnumerable<string> Begun(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        // A small dump may have its name before anybody looks.
        return new DirectoryInfo(folder).EnumerateFiles(".*.partial").Where(HasBytes).Select(file => file.Name[1..9])
            .Concat(new DirectoryInfo(folder).EnumerateFiles("*.elf").Select(file => Path.GetFileNameWithoutExtension(file.Name)[^8..]));
    }

    private static bool HasBytes(FileInfo file)
    {
        try
        {
            return file.Length > 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private void Run(string script)
    {
        using PSEngine shell = PSEngine.Create(_runspace);
        shell.AddScript(script).Invoke();
        if (shell.HadErrors)
        {
            throw new InvalidOperationException(shell.Streams.Error[0].ToString(), shell.Streams.Error[0].Exception);
        }
    }

    /// <summary>A store of each kind; what Connect-VmStats is told for it.</summary>
    private sealed class Stores(InfluxServer? influx) : IAsyncDisposable
    {
        private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
        private Process? _locking;

        public List<(string Name, string Connect)> All { get; } = [];

        public static async Task<Stores> StartAsync(string root)
        {
            Stores stores = new(InfluxServer.WhyAbsent is null ? await InfluxServer.StartAsync() : null);
            stores.All.Add(("embedded store", $"-Path '{root}/t.db'"));
            if (stores.Influx is { } server)
            {
                stores.All.Add(("InfluxDB 1.x", $"-Url '{server.Url}' -Database {await server.CreateDatabaseAsync()}"));
            }

            stores._silent.Start();
            stores.All.Add(("refusing", $"-Url 'http://127.0.0.1:{FreePort()}' -Database none"));
            stores.All.Add(("silent", $"-Url 'http://{stores._silent.LocalEndpoint}' -Database none"));
            return stores;
        }

        public static string LockedFile(string root) => Path.Combine(root, "locked.db");

        /// <summary>Has another program keep the right to write to a store.</summary>
        public void Lock(string root)
        {
            if (Part.Find("sqlite3") is string sqlite)
            {
                _locking = Process.Start(new ProcessStartInfo(sqlite, LockedFile(root)) { RedirectStandardInput = true })!;
                _locking.StandardInput.WriteLine("BEGIN IMMEDIATE;");
                _locking.StandardInput.Flush();
                All.Add(("embedded store, locked", $"-Path '{LockedFile(root)}'"));
            }
        }

        private InfluxServer? Influx => influx;

        public async ValueTask DisposeAsync()
        {
            _silent.Dispose();
            _locking?.Kill();
            if (influx is not null)
            {
                await influx.DisposeAsync();
            }
        }

        private static int FreePort()
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
