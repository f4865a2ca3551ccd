using System.Diagnostics;
using VmStats.Configuration;
using VmStats.Files;
using VmStats.Hypervisors;

namespace VmStats.MemoryDumps;

/// <summary>One dump from its beginning to its record, whether it succeeds or not.</summary>
internal sealed class DumpRun(
    IHypervisor hypervisor,
    IInfrastructure infrastructure,
    DumpRecorder recorder,
    MemoryDumperOptions options,
    DumpStateFile state,
    MemoryDumpRequest request)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly List<string> _warnings = [];

    /// <summary>Takes the dump.</summary>
    public async Task<MemoryDumpRecord> RunAsync(IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        state.Update(current => current with
        {
            State = MemoryDumpState.Running,
            StartedAt = DateTimeOffset.UtcNow,
            Time = hypervisor.Clock.GetUtcNow(),
        });
        PinnedFolder? folder = null;
        try
        {
            folder = DumpFolder.Open(options.Folder);
            MemoryDumpRecord record = await TakeAsync(folder, progress, cancellationToken).ConfigureAwait(false);
            return await RecordAsync(record, folder).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MemoryDumpException)
        {
            MemoryDumpRecord record = await RecordFailureAsync(e, folder).ConfigureAwait(false);
            if (e is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }

            throw new MemoryDumpException(Typed(e), record);
        }
        finally
        {
            folder?.Dispose();
        }
    }

    private async Task<MemoryDumpRecord> TakeAsync(PinnedFolder folder, IProgress<MemoryDumpProgress>? progress, CancellationToken cancellationToken)
    {
        CheckBefore(folder);
        CaptureResult capture;
        string path;
        using (DumpFile file = DumpFile.Create(folder, state.Current.DumpId))
        {
            state.Update(current => current with { PartialPath = file.PartialPath });
            DumpMonitor monitor = new(request, folder, state, progress, cancellationToken);
            try
            {
                capture = await new DumpCapture(hypervisor, request, monitor).RunAsync(() => Pipeline(file), options.AvoidFifo).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw DumpErrors.FromWrite(folder.FullPath, e);
            }

            CheckImage(capture);
            path = file.Commit(state.Current.FileName);
        }

        try
        {
            return await SealAsync(folder, path, capture).ConfigureAwait(false);
        }
        catch
        {
            // Without its manifest and its line in the ledger nobody could vouch for it.
            string name = Path.GetFileName(path);
            folder.Delete(name);
            folder.Delete(DumpManifest.PathFor(name));
            throw;
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
            _warnings.Add($"Others may list the folder '{folder.FullPath}'; the files in it are closed to them.");
        }

        // Before the VM is paused: with a ledger that isn't to be written there would be no dump in the end.
        new Ledger(folder).RefuseUnsafe();
        long free = folder.FreeBytes;
        long needed = request.ReserveBytes + MemoryDumpPlanner.LeastStoredBytes(request);
        if (free < needed)
        {
            throw DumpErrors.DiskFull(folder.FullPath, needed, free);
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

    // The manifest first, so that the ledger can vouch for it; the ledger's head goes into the record.
    private async Task<MemoryDumpRecord> SealAsync(PinnedFolder folder, string path, CaptureResult capture)
    {
        _warnings.AddRange(capture.Warnings);
        TimeSpan duration = Stopwatch.GetElapsedTime(_started);
        DumpManifest manifest = Manifest(path, capture, duration);
        byte[] json = manifest.ToJson();
        SealedFile.Write(folder, Path.GetFileName(DumpManifest.PathFor(path)), json);
        string head = await new Ledger(folder).AppendAsync(
            Entry(LedgerEvent.Capture) with
            {
                File = manifest.File,
                Sha256 = manifest.Sha256,
                StoredSha256 = manifest.StoredSha256,
                ManifestSha256 = LedgerLine.HashOf(json),
            },
            CancellationToken.None).ConfigureAwait(false);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        FileFacts? file = folder.Find(manifest.File);
        return Record(MemoryDumpState.Completed) with
        {
            Path = path,
            Sha256 = manifest.Sha256,
            StoredSha256 = manifest.StoredSha256,
            RawBytes = manifest.RawBytes,
            StoredBytes = manifest.StoredBytes,
            Duration = duration,
            PauseTime = request.Vm.State == VmState.Running ? capture.CallTime : null,
            LedgerHead = head,
            ChangeTime = now,
            LastWriteTime = file?.LastWriteTime,
            LastAccessTime = file?.LastAccessTime,
        };
    }

    private async Task<MemoryDumpRecord> RecordAsync(MemoryDumpRecord record, PinnedFolder folder)
    {
        if (await recorder.WriteAsync(record, folder).ConfigureAwait(false) is string warning)
        {
            _warnings.Add(warning);
        }

        // Last, so that a process that dies before the record is written leaves something for the next to record.
        // What was looked at last while it ran is not where it ended.
        state.Update(current => current with
        {
            State = record.State,
            FinishedAt = DateTimeOffset.UtcNow,
            ProcessedBytes = record.RawBytes ?? current.ProcessedBytes,
            TotalBytes = record.RawBytes ?? current.TotalBytes,
            StoredBytes = record.StoredBytes ?? 0,
            MegabytesPerSecond = record.MegabytesPerSecond ?? current.MegabytesPerSecond,
        });
        return record with { Warnings = _warnings };
    }

    private async Task<MemoryDumpRecord> RecordFailureAsync(Exception failure, PinnedFolder? folder)
    {
        VmStatsException typed = Typed(failure);
        bool isCancelled = failure is OperationCanceledException || typed.ErrorId == "DumpCancelled";
        MemoryDumpRecord record = Record(isCancelled ? MemoryDumpState.Cancelled : MemoryDumpState.Failed) with
        {
            Duration = Stopwatch.GetElapsedTime(_started),
            ErrorId = typed.ErrorId,
            Error = typed.Message,
        };
        if (folder is not null)
        {
            record = record with { LedgerHead = await NoteAttemptAsync(folder, record).ConfigureAwait(false) };
        }

        string? warning = await recorder.WriteAsync(record, folder).ConfigureAwait(false);
        state.Update(current => current with
        {
            State = record.State,
            FinishedAt = DateTimeOffset.UtcNow,
            ErrorId = record.ErrorId,
            Message = record.Error,
        });
        return record with { Warnings = warning is null ? _warnings : [.. _warnings, warning] };
    }

    private async Task<string?> NoteAttemptAsync(PinnedFolder folder, MemoryDumpRecord record)
    {
        try
        {
            LedgerEntry entry = Entry(LedgerEvent.Attempt) with { Detail = $"{record.State}: {record.ErrorId}" };
            return await new Ledger(folder).AppendAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            // A full disk: the record in the store says what happened.
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

    private VmStatsException Typed(Exception failure) => failure switch
    {
        VmStatsException typed => typed,
        OperationCanceledException => DumpErrors.Cancelled(request.Vm.Name),
        IOException or UnauthorizedAccessException => DumpErrors.FromWrite(options.Folder, failure),
        _ => DumpErrors.Failed(request.Vm.Name, failure),
    };

    private MemoryDumpRecord Record(MemoryDumpState ending) => DumpRecords.Of(state.Current, ending);

    private LedgerEntry Entry(LedgerEvent what) => new()
    {
        Sequence = 0,
        Previous = "",
        Time = DateTimeOffset.UtcNow,
        Event = what,
        DumpId = state.Current.DumpId,
        Name = state.Current.Name,
        Uuid = state.Current.Uuid,
        Operator = state.Current.Operator,
        Host = state.Current.HostName,
    };

    private DumpManifest Manifest(string path, CaptureResult capture, TimeSpan duration) => new()
    {
        DumpId = state.Current.DumpId,
        File = Path.GetFileName(path),
        Name = request.Vm.Name,
        Uuid = request.Vm.Uuid,
        VmId = request.Vm.Id,
        VmState = request.Vm.State.ToString(),
        Cpus = request.Vm.Cpus,
        GuestMemoryBytes = request.Vm.MaximumMemoryBytes,
        Hypervisor = hypervisor.Uri,
        HostName = hypervisor.HostName,
        IsSimulated = hypervisor.IsSimulated,
        Time = state.Current.Time,
        StartedAt = state.Current.StartedAt!.Value,
        FinishedAt = DateTimeOffset.UtcNow,
        DurationSeconds = duration.TotalSeconds,
        CallSeconds = capture.CallTime.TotalSeconds,
        Sha256 = capture.Stored.Sha256,
        StoredSha256 = capture.Stored.StoredSha256,
        RawBytes = capture.Stored.RawBytes,
        StoredBytes = capture.Stored.StoredBytes,
        Compression = request.Compression,
        CompressionLevel = request.EffectiveLevel,
        Format = MemoryDumpPaths.NameOf(request.Options.Format),
        Flags = state.Current.Flags,
        Operator = state.Current.Operator,
        Note = request.Note,
        ToolVersion = DumpRecords.ToolVersion,
    };
}
