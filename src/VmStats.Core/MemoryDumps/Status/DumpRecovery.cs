namespace VmStats.MemoryDumps;

/// <summary>
/// Clears up after dumps whose process died: their partial files and meeting places are removed and an interrupted record
/// is written. Only what is provably nobody's is touched: the dump's lock, or the partial file's own, must be free.
/// </summary>
internal sealed class DumpRecovery(DumpStateStore states, DumpRecorder recorder)
{
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

        RemoveOrphans(folder);
        states.Prune(DateTimeOffset.UtcNow);
        await recorder.ReplayAsync(Directory.Exists(folder) ? folder : null).ConfigureAwait(false);
        return records;
    }

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
            record = Complete(data) ?? DumpRecords.Of(data, MemoryDumpState.Interrupted) with
            {
                Error = $"The process {data.ProcessId} that took the dump died.",
                ErrorId = "DumpInterrupted",
                Path = File.Exists(Path.Combine(data.Folder, data.FileName)) ? Path.Combine(data.Folder, data.FileName) : null,
            };
            await recorder.WriteAsync(record, Directory.Exists(data.Folder) ? data.Folder : null).ConfigureAwait(false);
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
    private static MemoryDumpRecord? Complete(DumpStateData data)
    {
        string path = Path.Combine(data.Folder, data.FileName);
        if (!File.Exists(path) || !File.Exists(DumpManifest.PathFor(path)))
        {
            return null;
        }

        DumpManifest manifest = DumpManifest.Read(path);
        return DumpRecords.Of(data, MemoryDumpState.Completed) with
        {
            Path = path,
            Sha256 = manifest.Sha256,
            StoredSha256 = manifest.StoredSha256,
            RawBytes = manifest.RawBytes,
            StoredBytes = manifest.StoredBytes,
            Duration = TimeSpan.FromSeconds(manifest.DurationSeconds),
            PauseTime = manifest.VmState == nameof(VmState.Running) ? TimeSpan.FromSeconds(manifest.CallSeconds) : null,
            LedgerHead = new Ledger(data.Folder).Read().Lines.LastOrDefault(line => line.Entry.DumpId == data.DumpId)?.Hash,
            LastWriteTime = File.GetLastWriteTimeUtc(path),
        };
    }

    private static void RemoveOrphans(string folder)
    {
        if (Directory.Exists(folder))
        {
            foreach (string partial in Directory.EnumerateFiles(folder, ".*" + DumpFile.PartialSuffix))
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

        using FileStream? taken = FileLock.TryTake(path);
        if (taken is not null)
        {
            File.Delete(path);
        }
    }
}
