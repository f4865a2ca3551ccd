using VmStats.Collection;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Telemetry;
using VmStats.Hypervisors;
using VmStats.Stores;
using VmStats.Stores.Spool;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Collection;

/// <summary>An embedded store, a spool beside it, and what a collector said.</summary>
internal sealed class CollectorFixture : IAsyncDisposable
{
    public static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(5);

    private readonly StoreFixture _store = new();

    public ITelemetryStore Store => _store.Store;

    public StoreFixture Files => _store;

    public string SpoolRoot => Path.Combine(_store.Folder, "spool");

    public List<string> Warnings { get; } = [];

    /// <summary>Three VMs that run, seen at a poll: ten seconds apart, a second of CPU time more each.</summary>
    public static IReadOnlyList<VmStatistics> Running(int poll, IReadOnlyList<VmStatistics> fleet) => fleet.Select((vm, i) => vm with
    {
        Vm = vm.Vm with { Name = $"vm{i}", Id = i + 1, State = VmState.Running, Cpus = 1 },
        Time = StoreFixture.T0 + (poll * 10 * StoreFixture.Second),
        CpuTime = poll * StoreFixture.Second,
        Nics = [],
        Disks = [],
    }).ToArray();

    public TelemetryCollectorOptions Options(IHypervisor hypervisor, ITelemetryStore store, int? count) => new()
    {
        Hypervisor = hypervisor,
        Store = store,
        Count = count,
        Interval = TimeSpan.FromSeconds(10),
        BatchMaxLines = 1,
        PollTimeout = Ceiling,
        Spool = new PointSpool(store.Info, new SpoolOptions { Root = SpoolRoot }),
        Clock = new RunawayClock(),
    };

    public async Task<VmTelemetryCollectorStatus> RunAsync(TelemetryCollectorOptions options)
    {
        await using TelemetryCollector collector = Start(options);
        await collector.Completion.WaitAsync(Ceiling);
        return collector.Status;
    }

    public TelemetryCollector Start(TelemetryCollectorOptions options)
    {
        TelemetryCollector collector = new(1, options);
        collector.Warning += (_, warning) =>
        {
            lock (Warnings)
            {
                Warnings.Add(warning);
            }
        };
        collector.Start();
        return collector;
    }

    public Task<List<VmTelemetry>> SamplesAsync() =>
        TelemetryTable.ListAsync(new TelemetryReader(Store).GetRangeAsync(new SeriesRequest(VmMetrics.Set), default, default));

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>Each look at its stopwatch is a minute later, so that no pause for a store that is away outlasts one batch.</summary>
    private sealed class RunawayClock : TimeProvider
    {
        private long _minutes;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _minutes) * 60;
    }
}
