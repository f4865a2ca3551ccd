using System.Diagnostics;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Errors;
using VmStats.Hypervisors;
using VmStats.IO;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Capture;

/// <summary>
/// One dump from its start to its record, whether it succeeds or not, in two steps: the capture, which holds a slot and
/// the VM's lock, and the rest, for which no other dump has to wait.
/// </summary>
internal sealed class DumpRun(
    IHypervisor hypervisor,
    IInfrastructure infrastructure,
    DumpRecorder recorder,
    DumpRecovery recovery,
    MemoryDumperOptions options,
    DumpStateFile state,
    MemoryDumpRequest request) : IDisposable
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly List<string> _warnings = [];
    private PinnedFolder? _folder;
    private CaptureResult? _capture;
    private string _path = "";
    private Exception? _failure;

    /// <summary>Captures the memory into a file. Waits only for the hypervisor and the disk; <see cref="FinishAsync"/> reports the outcome.</summary>
    public async Task CaptureAsync(IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        state.Update(current => current with
        {
            State = MemoryDumpState.Running,
            StartedAt = DateTimeOffset.UtcNow,
            Time = hypervisor.Clock.GetUtcNow(),
        });
        try
        {
            _folder = DumpFolder.Open(options.Folder);
            CheckBefore(_folder);
            await CaptureAsync(_folder, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    /// <summary>Seals the file, or records the failed attempt, and writes the record.</summary>
    /// <param name="timeoutToken">Cancelled when the time to wait for the store is over.</param>
    /// <param name="cancellationToken">The token that the capture was cancelled by.</param>
    /// <exception cref="MemoryDumpException">The capture failed, or sealing the file did.</exception>
    /// <exception cref="OperationCanceledException">The capture was cancelled.</exception>
    public async Task<MemoryDumpRecord> FinishAsync(CancellationToken timeoutToken, CancellationToken cancellationToken)
    {
        MemoryDumpRecord? record = null;
        if (_failure is null)
        {
            try
            {
                record = await SealAsync(_folder!, _path, _capture!).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _failure = e;
                RemoveUnsealed(_folder!);
            }
        }

        record ??= await DescribeFailureAsync(_failure!).ConfigureAwait(false);
        record = await RecordAsync(record, timeoutToken).ConfigureAwait(false);
        return _failure switch
        {
            null => record,
            OperationCanceledException when cancellationToken.IsCancellationRequested =>
                throw new OperationCanceledException(_failure.Message, _failure, cancellationToken),
            _ => throw new MemoryDumpException(ToVmStatsException(_failure), record),
        };
    }

    public void Dispose() => _folder?.Dispose();

    private async Task CaptureAsync(PinnedFolder folder, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        using DumpFile file = DumpFile.Create(folder, state.Current.DumpId);
        state.Update(current => current with { PartialPath = file.PartialPath });
        DumpMonitor monitor = new(request, folder, state, progress, cancellationToken);
        try
        {
            _capture = await new DumpCapture(hypervisor, request, monitor).RunAsync(() => Pipeline(file), options.AvoidFifo).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(folder.FullPath, e);
        }

        CheckImage(_capture);
        _path = file.Commit(state.Current.FileName);
    }

    // Without its manifest and its ledger entry the file's integrity could not be proved.
    private void RemoveUnsealed(PinnedFolder folder)
    {
        string name = Path.GetFileName(_path);
        try
        {
            folder.Delete(name);
            folder.Delete(DumpManifest.PathFor(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _warnings.Add($"The dump '{_path}', which could not be sealed, could not be removed: {e.Message}");
        }
    }

    private void CheckBefore(PinnedFolder folder)
    {
        if (request.Vm.State is VmState.ShutOff or VmState.Crashed)
        {
            throw DumpErrors.NotRunning(request.Vm.Name, request.Vm.State);
        }

        if (folder.IsReadableByOthers)
        {
            _warnings.Add($"Other users may list the folder '{folder.FullPath}', but they can't read the files in it.");
        }

        // Checked before the VM is paused: with a ledger that can't be written, the dump would fail in the end.
        new Ledger(folder).ThrowIfUnsafe();
        long needed = request.ReserveBytes + MemoryDumpPlanner.MinimumStoredBytes(request);
        if (folder.FreeBytes < needed)
        {
            // Other leftovers can wait until the capture has started; these take up the space that it needs.
            recovery.RemoveFiles(folder.FullPath);
            if (folder.FreeBytes is long free && free < needed)
            {
                throw DumpErrors.DiskFull(folder.FullPath, needed, free);
            }
        }
    }

    private void CheckImage(CaptureResult capture)
    {
        if (request.Options.Format != CoreDumpFormat.Elf)
        {
            return;
        }

        ElfLayout layout = capture.Layout ?? throw DumpErrors.NotElf(request.Vm.Name);
        if (capture.Stored.RawBytes < layout.TotalBytes)
        {
            throw DumpErrors.Incomplete(request.Vm.Name, capture.Stored.RawBytes, layout.TotalBytes);
        }

        if (layout.MemoryBytes < request.Vm.MaximumMemoryBytes)
        {
            _warnings.Add($"The image holds {layout.MemoryBytes} bytes of memory, less than the VM's {request.Vm.MaximumMemoryBytes}.");
        }
    }

    // Writes the manifest first, so that the ledger entry can include its hash; the hash of that entry goes into the record.
    private async Task<MemoryDumpRecord> SealAsync(PinnedFolder folder, string path, CaptureResult capture)
    {
        _warnings.AddRange(capture.Warnings);
        DumpFacts facts = Facts(MemoryDumpState.Completed) with { Path = path, Image = DumpedImage.Of(capture, request.Vm) };
        byte[] json = facts.ToManifest(request.Vm).ToJson();
        SealedFile.Write(folder, DumpManifest.PathFor(facts.Dump.FileName), json);
        string head = await new Ledger(folder).AppendAsync(facts.ToLedgerEntry(LedgerLine.HashOf(json)), CancellationToken.None).ConfigureAwait(false);
        FileMetadata? file = folder.Find(facts.Dump.FileName);
        return facts.ToRecord() with
        {
            LedgerHead = head,
            ChangeTimeUtc = DateTime.UtcNow,
            LastWriteTimeUtc = file?.LastWriteTime,
            LastAccessTimeUtc = file?.LastAccessTime,
        };
    }

    private async Task<MemoryDumpRecord> RecordAsync(MemoryDumpRecord record, CancellationToken timeoutToken)
    {
        // From here on other processes see the dump as ended. The record stays in the state file until it is written:
        // if this process dies before that, the next one writes it. The last progress that was saved may be short of
        // the end.
        state.Update(current => current with
        {
            State = record.State,
            FinishedAt = DateTimeOffset.UtcNow,
            ProcessedBytes = record.RawBytes ?? current.ProcessedBytes,
            TotalBytes = record.RawBytes ?? current.TotalBytes,
            StoredBytes = record.StoredBytes ?? (_failure is null ? 0 : current.StoredBytes),
            MegabytesPerSecond = record.MegabytesPerSecond ?? current.MegabytesPerSecond,
            ErrorId = record.ErrorId,
            Message = record.Error,
            Pending = recorder.Pending(record),
        });
        try
        {
            if (await recorder.WriteAsync(record, _folder, timeoutToken).ConfigureAwait(false) is string warning)
            {
                _warnings.Add(warning);
            }

            state.Update(current => current with { Pending = null });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            _warnings.Add($"The record is neither in the store nor in a spool, and will be written by the next dump: {e.Message}");
        }

        return record with { Warnings = _warnings };
    }

    private async Task<MemoryDumpRecord> DescribeFailureAsync(Exception failure)
    {
        VmStatsException typed = ToVmStatsException(failure);
        bool isCancelled = failure is OperationCanceledException || typed.ErrorId == ErrorIds.DumpCancelled;
        DumpFacts facts = Facts(isCancelled ? MemoryDumpState.Cancelled : MemoryDumpState.Failed) with { ErrorId = typed.ErrorId, Error = typed.Message };
        return facts.ToRecord() with { LedgerHead = _folder is null ? null : await LogAttemptAsync(_folder, facts).ConfigureAwait(false) };
    }

    private static async Task<string?> LogAttemptAsync(PinnedFolder folder, DumpFacts facts)
    {
        try
        {
            return await new Ledger(folder).AppendAsync(facts.ToLedgerEntry(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            // The disk may be full: the record in the store has the reason.
            return null;
        }
    }

    private DumpPipeline Pipeline(DumpFile file)
    {
        BlockCompressor? compressor = request.Compression switch
        {
            MemoryDumpCompression.Gzip => new GzipBlockCompressor(request.EffectiveLevel!.Value),
            MemoryDumpCompression.Zstd => new ZstdBlockCompressor(infrastructure, request.EffectiveLevel!.Value),
            _ => null,
        };
        bool fits = request.BufferBytes > request.Vm.MaximumMemoryBytes;
        return new DumpPipeline(file.Handle, compressor, options.Workers, request.BufferBytes, workLater: fits);
    }

    private VmStatsException ToVmStatsException(Exception failure) => failure switch
    {
        VmStatsException typed => typed,
        OperationCanceledException => DumpErrors.Cancelled(request.Vm.Name),
        IOException or UnauthorizedAccessException => DumpErrors.FromWrite(options.Folder, failure),
        _ => DumpErrors.Failed(request.Vm.Name, failure),
    };

    private DumpFacts Facts(MemoryDumpState ending) => new(state.Current, ending) { Duration = Stopwatch.GetElapsedTime(_started) };
}
