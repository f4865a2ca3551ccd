using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>
/// Dumps the memory of VMs: one pass from the hypervisor through hash and compression into a sealed file with its
/// manifest, its ledger line and its record. Safe for concurrent use; a VM is dumped once at a time, across processes.
/// Memory is volatile: before its first byte comes, nothing but the hypervisor and the disk is waited for. What the store
/// has to do with it is done beside the capture and after it.
/// </summary>
internal sealed class MemoryDumper : IAsyncDisposable
{
    private readonly IHypervisor _hypervisor;
    private readonly IInfrastructure _infrastructure;
    private readonly MemoryDumperOptions _options;
    private readonly DumpStateStore _states;
    private readonly DumpRecorder _recorder;
    private readonly DumpRecovery _recovery;
    private readonly SemaphoreSlim _slots;
    private readonly bool _ownsSlots;
    private readonly CancellationTokenSource _endRecovery = new();
    private readonly Lazy<Task<string?>> _recovering;

    /// <summary>Creates an engine.</summary>
    /// <param name="hypervisor">Whose VMs are dumped.</param>
    /// <param name="store">Takes the records; null for none.</param>
    /// <param name="infrastructure">Gives the Zstandard compressor; asked only when one is needed.</param>
    /// <param name="options">Folders and limits.</param>
    /// <param name="slots">The turns that engines of several hypervisors share, since they write to the same disk; null for turns of its own.</param>
    public MemoryDumper(
        IHypervisor hypervisor, ITelemetryStore? store, IInfrastructure infrastructure, MemoryDumperOptions options, SemaphoreSlim? slots = null)
    {
        _hypervisor = hypervisor;
        _infrastructure = infrastructure;
        _options = options;
        _states = new DumpStateStore(options.StateFolder);
        _recorder = new DumpRecorder(store, options.StateFolder);
        _recovery = new DumpRecovery(_states, _recorder);
        _recovering = new Lazy<Task<string?>>(() => Task.Run(RecoverAsync));
        _slots = slots ?? new SemaphoreSlim(options.MaxParallel);
        _ownsSlots = slots is null;
    }

    /// <summary>Dumps a VM's memory. Waits for its turn first, which the one before gives up as soon as its capture is over.</summary>
    /// <param name="request">What to dump and how.</param>
    /// <param name="progress">Told a few times a second, on a thread of the pool; null for nobody.</param>
    /// <param name="cancellationToken">Closes the stream: the VM runs on, no file is left, the attempt is recorded.</param>
    /// <returns>The record, as it was written. Where the store has not taken it in time, it waits in a spool, and a warning in it says so.</returns>
    /// <exception cref="MemoryDumpException">It failed after it had begun; the failed record comes along.</exception>
    /// <exception cref="VmStatsException">It was refused before it began: <c>DumpRemoteRefused</c>, <c>DumpAlreadyRunning</c>, <c>DumpPlatformNotSupported</c>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled by the token.</exception>
    public async Task<MemoryDumpRecord> DumpAsync(MemoryDumpRequest request, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        Refuse();
        Guid id = Guid.NewGuid();
        using DumpStateFile state = _states.Begin(Describe(request, id));
        using DumpRun run = await CaptureAsync(state, request, progress, cancellationToken).ConfigureAwait(false);
        using RecordingLimit limit = DumpRecorder.Limit(_options.RecordPatience, cancellationToken);
        return await run.FinishAsync(limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until what earlier dumps left is cleared up, and their records are brought: begun beside the first capture.</summary>
    /// <param name="cancellationToken">Cuts the wait short; what the store hasn't got then waits on.</param>
    /// <returns>A warning where that could not be done, or something of what waited is damaged or refused.</returns>
    public async Task<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_recovering.IsValueCreated)
        {
            return null;
        }

        using RecordingLimit limit = DumpRecorder.Limit(_options.RecordPatience, cancellationToken);
        using CancellationTokenRegistration end = limit.Token.Register(_endRecovery.Cancel);
        return await _recovering.Value.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_recovering.IsValueCreated)
        {
            await _endRecovery.CancelAsync().ConfigureAwait(false);
            await _recovering.Value.ConfigureAwait(false);
        }

        _endRecovery.Dispose();
        if (_ownsSlots)
        {
            _slots.Dispose();
        }
    }

    /// <summary>Refuses what can't be dumped from here, whichever VM it is. A URI with a host is refused by its text: nobody is asked.</summary>
    /// <exception cref="VmStatsException"><c>DumpRemoteRefused</c>, <c>DumpPlatformNotSupported</c>.</exception>
    public void Refuse()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw DumpErrors.PlatformNotSupported();
        }

        if (!_hypervisor.IsLocal)
        {
            throw DumpErrors.RemoteRefused(_hypervisor.Uri);
        }
    }

    private async Task<DumpRun> CaptureAsync(
        DumpStateFile state, MemoryDumpRequest request, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        await WaitForTurnAsync(state, request, cancellationToken).ConfigureAwait(false);
        try
        {
            using FileStream? vmLock = _states.TryLockVm(request.Vm.Uuid);
            if (vmLock is null)
            {
                state.Discard();
                throw DumpErrors.AlreadyRunning(request.Vm.Name);
            }

            DumpRun run = new(_hypervisor, _infrastructure, _recorder, _recovery, _options, state, request);
            await run.CaptureAsync(new FirstByte(progress, Recover), cancellationToken).ConfigureAwait(false);
            return run;
        }
        finally
        {
            _slots.Release();
            Recover();
        }
    }

    private void Recover() => _ = _recovering.Value;

    // Never fails: whatever it can't do is no reason not to dump.
    private async Task<string?> RecoverAsync()
    {
        try
        {
            await _recovery.RecoverAsync(_options.Folder, _endRecovery.Token).ConfigureAwait(false);
            return _recovery.Warnings.Count == 0 ? null : string.Join(' ', _recovery.Warnings);
        }
        catch (Exception e)
        {
            return $"What interrupted dumps left could not be cleared away: {e.Message}";
        }
    }

    private async Task WaitForTurnAsync(DumpStateFile state, MemoryDumpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            while (!await _slots.WaitAsync(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(false))
            {
                if (state.IsCancelRequested)
                {
                    throw DumpErrors.Cancelled(request.Vm.Name);
                }
            }

            if (state.IsCancelRequested)
            {
                // It was asked for together with the end of the dump whose turn this was: the guest isn't paused for nothing.
                _slots.Release();
                throw DumpErrors.Cancelled(request.Vm.Name);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or VmStatsException)
        {
            // Nothing had begun: nothing to record.
            state.Update(current => current with { State = MemoryDumpState.Cancelled, FinishedAt = DateTimeOffset.UtcNow });
            throw;
        }
    }

    private DumpStateData Describe(MemoryDumpRequest request, Guid id)
    {
        DateTimeOffset time = _hypervisor.Clock.GetUtcNow();
        return new DumpStateData
        {
            DumpId = id,
            Name = request.Vm.Name,
            Uuid = request.Vm.Uuid,
            VmId = request.Vm.Id,
            HypervisorUri = _hypervisor.Uri,
            HostName = _hypervisor.HostName,
            IsSimulated = _hypervisor.IsSimulated,
            State = MemoryDumpState.Queued,
            ProcessId = Environment.ProcessId,
            QueuedAt = DateTimeOffset.UtcNow,
            Time = time,
            Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_options.Folder)),
            FileName = MemoryDumpPaths.FileName(request.Vm, time, id, request.Compression, request.Options.Format),
            Compression = request.Compression,
            CompressionLevel = request.EffectiveLevel,
            Format = request.Options.Format,
            Flags = MemoryDumpPaths.NameOf(request.Options),
            Operator = request.Operator ?? Environment.UserName,
            Note = request.Note,
        };
    }

    // Tells when memory has begun to come, besides what it passes on.
    private sealed class FirstByte(IProgress<MemoryDumpProgress>? listener, Action come) : IProgress<MemoryDumpProgress>
    {
        public void Report(MemoryDumpProgress value)
        {
            if (value.ProcessedBytes > 0)
            {
                come();
            }

            listener?.Report(value);
        }
    }
}
