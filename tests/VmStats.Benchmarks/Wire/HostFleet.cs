using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Hypervisors;
using VmStats.Stores.Spool;
using VmStats.ThirdParty;

namespace VmStats.Benchmarks.Wire;

/// <summary>Simulated hosts, each with a collector, a connection and a spool of its own, that write into one server at the same time.</summary>
/// <param name="options">The server.</param>
/// <param name="infrastructure">What stands on packages.</param>
/// <param name="hosts">How many hosts.</param>
/// <param name="vms">How many VMs each has.</param>
/// <param name="spools">The folder of the spools.</param>
internal sealed class HostFleet(ConnectionOptions options, IInfrastructure infrastructure, int hosts, int vms, string spools)
{
    /// <summary>Between two samples of a VM, by the hosts' clocks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>True while points wait in a spool.</summary>
    public bool HasSpooled => Directory.EnumerateFiles(spools, "*" + SpoolSegment.Extension, SearchOption.AllDirectories).Any();

    /// <summary>Collects so often on each host, and gives what its collector says in the end.</summary>
    /// <param name="polls">How often.</param>
    /// <param name="clock">What the hosts' URIs say of their clocks, such as &amp;history=10m&amp;speed=60; empty for real time.</param>
    public async Task<IReadOnlyList<VmTelemetryCollectorStatus>> CollectAsync(int polls, string clock) =>
        await Task.WhenAll(Enumerable.Range(1, hosts).Select(host => CollectAsync(host, polls, clock)));

    private async Task<VmTelemetryCollectorStatus> CollectAsync(int host, int polls, string clock)
    {
        await using IHypervisor hypervisor = HypervisorFactory.Open(FormattableString.Invariant($"sim://host{host}?vms={vms}&seed={host}{clock}"), new VmStatsSettings());
        InfluxStore store = new(options, infrastructure);
        await using TelemetryCollector collector = new(host, new TelemetryCollectorOptions
        {
            Hypervisor = hypervisor,
            Store = store,
            OwnsStore = true,
            Interval = Interval,
            Count = polls,
            StopTimeout = TimeSpan.FromMinutes(5),
            Retry = (write, token) => infrastructure.RetryAsync(write, attempts: 3, token),
            Spool = new PointSpool(store.Info, new SpoolOptions { Root = Path.Combine(spools, $"{host}") }),
        });
        collector.Start();
        await collector.Completion;
        return collector.Status;
    }
}
