using VmStats.Data;

namespace VmStats.MemoryDumps;

/// <summary>
/// Clears up after dumps whose process died: their partial files and meeting places are removed and an interrupted record
/// is written. Only what is provably nobody's is touched: the dump's lock, or the partial file's own, must be free.
/// </summary>
internal sealed class DumpRecovery(DumpStateStore states, DumpRecorder recorder)
{
    /// <summary>What the ledger's line says of a dump whose process died between the file and the ledger.</summary>
    public const string RecoveredDetail = "Noted by the run after a crash.";

    /// <summary>Clears up.</summary>
    /// <param name="folder">The dump folder whose partial files are looked at as well.</param>
    /// <returns>The interrupted records that were written.</returns>
    public async Task<IReadOnlyList<MemoryDumpRecord>> RecoverAsync(string folder)
    {
        List<MemoryDumpRecord> records = [];
        foreach (DumpStateData data in states.ReadAll().Where(data => data.State == MemoryDumpState.Interrupted && data.FinishedAt is null))
        {
            // The lock is held while clearing up, so that two processes don't both write the record.
            using FileStream? taken = FileLock.TryTake(states.LockPath(data.DumpId));
            if (taken is null || states.ReadAll().FirstOrDefault(now => now.DumpId == data.DumpId) is not { FinishedAt: null })
            {
                continue;
            }

            if (await RecoverAsync(data).ConfigureAwait(false) is MemoryDumpRecord record)
            {
                records.Add(record);
            }

            File.Delete(states.LockPath(data.DumpId));
        }

        bool isUsable = IsFolder(folder);
        if (isUsable)
        {
            RemoveOrphans(folder);
        }

        states.Prune(DateTimeOffset.UtcNow);
        await recorder.ReplayAsync(isUsable ? folder : null).ConfigureAwait(false);
        return records;
    }

    // Nothing is removed through a link: the dump itself refuses such a folder, too.
    private static bool IsFolder(string path) =>
        Directory.Exists(path) && new DirectoryInfo(Path.TrimEndingDirectorySeparator(path)).LinkTarget is null;

    private async Task<MemoryDumpRecord?> RecoverAsync(DumpStateData data)
    {
        if (data.PartialPath is string partial)
        {
            RemovePartial(partial);
        }

        if (data.Rendezvous is string rendezvous)
        {
            Rendezvous.Delete(rendezvous);
        }

        MemoryDumpRecord? record = null;
        if (data.StartedAt is not null)
        {
            string file = Path.Combine(data.Folder, data.FileName);
            record = Complete(data, file) ?? DumpRecords.Of(data, MemoryDumpState.Interrupted) with
            {
                Error = $"The process {data.ProcessId} that took the dump died.",
                ErrorId = "DumpInterrupted",
                Path = File.Exists(file) ? file : null,
            };
            bool isUsable = IsFolder(data.Folder);
            record = record with { LedgerHead = isUsable ? await NoteAsync(data, record).ConfigureAwait(false) : null };
            await recorder.WriteAsync(record, isUsable ? data.Folder : null).ConfigureAwait(false);
        }

        states.Write(data with
        {
            State = record?.State ?? MemoryDumpState.Interrupted,
            FinishedAt = DateTimeOffset.UtcNow,
            ErrorId = record is null ? "DumpInterrupted" : record.ErrorId,
            Message = record?.Error,
        });
        File.Delete(states.CancelPath(data.DumpId));
        return record;
    }

    // The process may have died after all was done but the record: then the manifest has what the record needs.
    private static MemoryDumpRecord? Complete(DumpStateData data, string path)
    {
        if (!File.Exists(path) || TryReadManifest(path) is not DumpManifest manifest)
        {
            return null;
        }

        return DumpRecords.Of(data, MemoryDumpState.Completed) with
        {
            Path = path,
            Sha256 = manifest.Sha256,
            StoredSha256 = manifest.StoredSha256,
            RawBytes = manifest.RawBytes,
            StoredBytes = manifest.StoredBytes,
            Duration = DurationSeconds.Parse(manifest.DurationSeconds),
            PauseTime = manifest.VmState == nameof(VmState.Running) ? DurationSeconds.Parse(manifest.CallSeconds) : null,
            LastWriteTime = File.GetLastWriteTimeUtc(path),
        };
    }

    private static DumpManifest? TryReadManifest(string path)
    {
        try
        {
            return DumpCustody.TryReadManifest(path);
        }
        catch (VmStatsException)
        {
            // A damaged one is for Test-MemoryDump to name; it must not keep the next dump from being taken.
            return null;
        }
    }

    // The line that the process wrote before it died, else one that says what was found.
    private static async Task<string?> NoteAsync(DumpStateData data, MemoryDumpRecord record)
    {
        try
        {
            Ledger ledger = new(data.Folder);
            if (ledger.Read().Lines.LastOrDefault(line => line.Entry.DumpId == data.DumpId) is LedgerLine line)
            {
                return line.Hash;
            }

            LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Attempt, data.FileName, null, null) with
            {
                File = null,
                DumpId = data.DumpId,
                Name = data.Name,
                Uuid = data.Uuid,
                Detail = $"{record.State}: {record.ErrorId}",
            };
            if (record is { State: MemoryDumpState.Completed, Path: string path })
            {
                entry = entry with
                {
                    Event = LedgerEvent.Capture,
                    File = data.FileName,
                    Sha256 = record.Sha256,
                    StoredSha256 = record.StoredSha256,
                    ManifestSha256 = LedgerLine.HashOf(File.ReadAllBytes(DumpManifest.PathFor(path))),
                    Detail = RecoveredDetail,
                };
            }

            return await ledger.AppendAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            // A full disk, say: the record in the store says what happened.
            return null;
        }
    }

    private void RemoveOrphans(string folder)
    {
        foreach (string partial in Directory.EnumerateFiles(folder, ".*" + DumpFile.PartialSuffix))
        {
            // Between making the file and locking it there is a moment; the dump's own lock is held before.
            if (!Guid.TryParseExact(Path.GetFileName(partial)[1..^DumpFile.PartialSuffix.Length], "N", out Guid dump) || !states.IsAlive(dump))
            {
                RemovePartial(partial);
            }
        }
    }

    // A live dump holds its partial file locked from the moment that it is made.
    private static void RemovePartial(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return;
        }

        try
        {
            using FileStream? taken = FileLock.TryTake(path);
            if (taken is not null)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's: not ours to remove, and no reason not to dump.
        }
    }
}
