using System.Collections.Concurrent;

namespace VmStats.Hypervisors.Simulated;

/// <summary>
/// A host with simulated VMs: everything about them is derived from the fleet's seed and the time, so that all
/// processes agree. Only dumps affect this process alone: a VM is paused during a dump, shut off after a crash dump
/// until its next scheduled start, and its guest is freshly booted after a reset dump.
/// </summary>
internal sealed class SimulatedHypervisor : IHypervisor
{
    private const int PausedForDump = 4;
    private const int ShutOffCrashed = 3;

    private readonly SimulatedFleetOptions _options;
    private readonly SimulatedVm[] _vms;
    private readonly Dictionary<Guid, SimulatedVm> _byUuid;
    private readonly SimulatedClock _clock;
    private readonly ConcurrentDictionary<Guid, SimulatedDump> _dumps = new();
    private readonly ConcurrentDictionary<Guid, VmOverride> _overrides = new();

    public SimulatedHypervisor(string uri, SimulatedFleetOptions options, TimeProvider? real = null)
    {
        Uri = uri;
        _options = options;
        _vms = SimulatedVm.MakeFleet(options);
        _byUuid = _vms.ToDictionary(vm => vm.Uuid);
        _clock = new SimulatedClock(options.History, options.Speed, real);
        HostName = FormattableString.Invariant($"sim-{options.Name}-{options.Seed}");
    }

    /// <summary>The origin of the fleet's times, in seconds. Every fleet is older than its first sample.</summary>
    public static DateTimeOffset Epoch { get; } = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string Uri { get; }

    public string HostName { get; }

    public bool IsSimulated => true;

    public bool IsLocal => true;

    public TimeProvider Clock => _clock;

    public ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (_, double time) = Now();
        return ValueTask.FromResult<IReadOnlyList<VmInfo>>([.. _vms.Select(vm => GetState(vm, time).Info)]);
    }

    public ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (long nanoseconds, double time) = Now();
        return ValueTask.FromResult<IReadOnlyList<VmStatistics>>([.. _vms.Select(vm => Read(vm, time, nanoseconds))]);
    }

    public async Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken)
    {
        SimulatedVm source = Find(vm);
        (_, double time) = Now();
        VmInfo info = GetState(source, time).Info;
        if (info.Id is null)
        {
            throw HypervisorErrors.VmNotRunning(source.Name);
        }

        if (options.Format != CoreDumpFormat.Elf)
        {
            throw HypervisorErrors.DumpFormatNotSupported(options.Format.ToString(), "a simulated VM is dumped as ELF only");
        }

        SimulatedDump dump = new(source, _options.DumpRate, time);
        if (!_dumps.TryAdd(vm, dump))
        {
            throw HypervisorErrors.VmBusy(source.Name, "it is being dumped");
        }

        try
        {
            await dump.WriteAsync(path, cancellationToken).ConfigureAwait(false);
            if (options.Crash || options.Reset)
            {
                _overrides[vm] = new VmOverride(source.Timeline.At(time).StartNumber, time, options.Crash);
            }
        }
        finally
        {
            _dumps.TryRemove(vm, out _);
        }
    }

    public ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Find(vm);
        return ValueTask.FromResult(_dumps.TryGetValue(vm, out SimulatedDump? dump) ? dump.Progress : null);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private VmStatistics Read(SimulatedVm vm, double time, long nanoseconds)
    {
        (VmInfo info, VmPhase phase, double moment) = GetState(vm, time);
        bool wasReset = _overrides.TryGetValue(vm.Uuid, out VmOverride? change) && change.IsOf(phase);
        double guestStart = wasReset ? change!.Time : phase.Start;
        return SimulatedCounters.Statistics(vm, info, phase, moment, guestStart, nanoseconds);
    }

    // Returns the VM according to its timeline, with the effects of this process's dumps. Its time stands still during a dump.
    private (VmInfo Info, VmPhase Phase, double Moment) GetState(SimulatedVm vm, double time)
    {
        double moment = _dumps.TryGetValue(vm.Uuid, out SimulatedDump? dump) ? dump.Moment : time;
        VmPhase phase = vm.Timeline.At(moment);
        if (_overrides.TryGetValue(vm.Uuid, out VmOverride? change) && change.IsOff && change.IsOf(phase))
        {
            VmInfo off = SimulatedCounters.Info(vm, VmPhase.Off, moment, _vms.Length);
            return (off with { StateReason = ShutOffCrashed }, VmPhase.Off, moment);
        }

        VmInfo info = SimulatedCounters.Info(vm, phase, moment, _vms.Length);
        return dump is null ? (info, phase, moment)
            : (info with { State = VmState.Paused, StateReason = PausedForDump }, phase, moment);
    }

    private SimulatedVm Find(Guid vm) => _byUuid.TryGetValue(vm, out SimulatedVm? found)
        ? found
        : throw HypervisorErrors.VmNotFound(vm, Uri);

    // In whole milliseconds: so two readings differ by more than the rounding error of the arithmetic, and no counter decreases.
    private (long Nanoseconds, double Time) Now()
    {
        long milliseconds = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        return (milliseconds * 1_000_000, (milliseconds - Epoch.ToUnixTimeMilliseconds()) / 1000.0);
    }
}
