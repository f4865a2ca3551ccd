using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Hypervisors;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Capture;

/// <summary>
/// Dumps the memory of VMs: one pass from the hypervisor through hashing and compression into a sealed file with its
/// manifest, its ledger entry and its record. Safe for concurrent use; only one dump of a VM runs at a time, across
/// processes. Memory is volatile: until its first byte arrives, the engine waits only for the hypervisor and the disk.
/// All work that involves the store runs during the capture and after it.
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
    /// <param name="hypervisor">The hypervisor whose VMs are dumped.</param>
    /// <param name="store">The store that receives the records; null for none.</param>
    /// <param name="infrastructure">Provides the Zstandard compressor; used only if one is needed.</param>
    /// <param name="options">Folders and limits.</param>
    /// <param name="slots">Limits concurrent dumps across the engines of several hypervisors, which write to the same
    /// disk; null for a limit of this engine's own.</param>
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

    /// <summary>Dumps a VM's memory. First waits for a free slot; a dump releases its slot as soon as its capture has ended.</summary>
    /// <param name="request">What to dump and how.</param>
    /// <param name="progress">Receives reports a few times a second, on a thread-pool thread; null for none.</param>
    /// <param name="cancellationToken">Closes the stream: the VM resumes, no file is left, and the attempt is recorded.</param>
    /// <returns>The record as it was written. If the store has not accepted it in time, it waits in a spool, and a
    /// warning in it reports that.</returns>
    /// <exception cref="MemoryDumpException">The dump failed after it had started; the exception carries the record of the failure.</exception>
    /// <exception cref="VmStatsException">The dump was refused before it started: <c>DumpRemoteRefused</c>,
    /// <c>DumpAlreadyRunning</c>, <c>DumpPlatformNotSupported</c>.</exception>
    /// <exception cref="OperationCanceledException">The dump was cancelled by the token.</exception>
    public async Task<MemoryDumpRecord> DumpAsync(MemoryDumpRequest request, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        ThrowIfUnsupported();
        Guid id = Guid.NewGuid();
        using DumpStateFile state = _states.Begin(CreateState(request, id));
        using DumpRun run = await CaptureAsync(state, request, progress, cancellationToken).ConfigureAwait(false);
        using RecordingLimit limit = DumpRecorder.Limit(_options.RecordTimeout, cancellationToken);
        return await run.FinishAsync(limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the leftovers of interrupted dumps are cleaned up and their records are written, which starts during
    /// the first capture.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; records that the store has not accepted by then wait in the spools.</param>
    /// <returns>A warning if the cleanup failed, or if a waiting record is damaged or was refused; otherwise null.</returns>
    public async Task<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_recovering.IsValueCreated)
        {
            return null;
        }

        using RecordingLimit limit = DumpRecorder.Limit(_options.RecordTimeout, cancellationToken);
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

    /// <summary>
    /// Refuses dumps that can't be taken from here, whichever VM is named. A URI with a host is refused by its text,
    /// without connecting.
    /// </summary>
    /// <exception cref="VmStatsException"><c>DumpRemoteRefused</c>, <c>DumpPlatformNotSupported</c>.</exception>
    public void ThrowIfUnsupported()
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
        await WaitForSlotAsync(state, request, cancellationToken).ConfigureAwait(false);
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

    // Never throws: a failed cleanup must not prevent a dump.
    private async Task<string?> RecoverAsync()
    {
        try
        {
            await _recovery.RecoverAsync(_options.Folder, _endRecovery.Token).ConfigureAwait(false);
            return _recovery.Warnings.Count == 0 ? null : string.Join(' ', _recovery.Warnings);
        }
        catch (Exception e)
        {
            return $"The leftovers of interrupted dumps could not be cleaned up: {e.Message}";
        }
    }

    private async Task WaitForSlotAsync(DumpStateFile state, MemoryDumpRequest request, CancellationToken cancellationToken)
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
                // It was cancelled together with the dump whose slot it got: the guest must not be paused for nothing.
                _slots.Release();
                throw DumpErrors.Cancelled(request.Vm.Name);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or VmStatsException)
        {
            // The dump had not started, so there is nothing to record.
            state.Update(current => current with { State = MemoryDumpState.Cancelled, FinishedAt = DateTimeOffset.UtcNow });
            throw;
        }
    }

    private DumpStateData CreateState(MemoryDumpRequest request, Guid id)
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

    // Passes reports on, and runs an action once the first memory has arrived.
    private sealed class FirstByte(IProgress<MemoryDumpProgress>? inner, Action onFirstByte) : IProgress<MemoryDumpProgress>
    {
        public void Report(MemoryDumpProgress value)
        {
            if (value.ProcessedBytes > 0)
            {
                onFirstByte();
            }

            inner?.Report(value);
        }
    }
}
