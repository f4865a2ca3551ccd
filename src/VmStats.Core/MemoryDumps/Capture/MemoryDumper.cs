using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>
/// Dumps the memory of VMs: one pass from the hypervisor through hash and compression into a sealed file with its
/// manifest, its ledger line and its record. Safe for concurrent use; a VM is dumped once at a time, across processes.
/// </summary>
internal sealed class MemoryDumper : IDisposable
{
    private readonly IHypervisor _hypervisor;
    private readonly IInfrastructure _infrastructure;
    private readonly MemoryDumperOptions _options;
    private readonly DumpStateStore _states;
    private readonly DumpRecorder _recorder;
    private readonly SemaphoreSlim _slots;
    private readonly bool _ownsSlots;

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
        _slots = slots ?? new SemaphoreSlim(options.MaxParallel);
        _ownsSlots = slots is null;
    }

    /// <summary>Dumps a VM's memory. Waits for its turn first.</summary>
    /// <param name="request">What to dump and how.</param>
    /// <param name="progress">Told a few times a second, on a thread of the pool; null for nobody.</param>
    /// <param name="cancellationToken">Closes the stream: the VM runs on, no file is left, the attempt is recorded.</param>
    /// <returns>The record, as it was written.</returns>
    /// <exception cref="MemoryDumpException">It failed after it had begun; the failed record comes along.</exception>
    /// <exception cref="VmStatsException">It was refused before it began: <c>DumpRemoteRefused</c>, <c>DumpAlreadyRunning</c>, <c>DumpPlatformNotSupported</c>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled by the token.</exception>
    public async Task<MemoryDumpRecord> DumpAsync(MemoryDumpRequest request, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        Refuse();
        Guid id = Guid.NewGuid();
        using DumpStateFile state = _states.Begin(Describe(request, id));
        await WaitForTurnAsync(state, request, cancellationToken).ConfigureAwait(false);
        try
        {
            using FileStream? vmLock = _states.TryLockVm(request.Vm.Uuid);
            if (vmLock is null)
            {
                state.Discard();
                throw DumpErrors.AlreadyRunning(request.Vm.Name);
            }

            await new DumpRecovery(_states, _recorder).RecoverAsync(_options.Folder).ConfigureAwait(false);
            DumpRun run = new(_hypervisor, _infrastructure, _recorder, _options, state, request);
            return await run.RunAsync(progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
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
}
