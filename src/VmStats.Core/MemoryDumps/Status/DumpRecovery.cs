using VmStats.Data;
using VmStats.Files;

namespace VmStats.MemoryDumps;

/// <summary>
/// Clears up after dumps whose process died: their partial files and meeting places are removed, an interrupted record is
/// written, and so is the record that such a dump had still to bring. Only what is provably nobody's is touched: the dump's
/// lock, or the partial file's own, must be free.
/// </summary>
internal sealed class DumpRecovery(DumpStateStore states, DumpRecorder recorder)
{
    /// <summary>What the ledger's line says of a dump whose process died between the file and the ledger.</summary>
    public const string RecoveredDetail = "Noted by the run after a crash.";

    /// <summary>Clears up, and brings what waits in the spools.</summary>
    /// <param name="folder">The dump folder whose partial files are looked at as well.</param>
    /// <param name="patience">Ends the wait for the store: what it hasn't got goes to the spools.</param>
    /// <returns>The interrupted records that were written.</returns>
    public async Task<IReadOnlyList<MemoryDumpRecord>> RecoverAsync(string folder, CancellationToken patience)
    {
        List<MemoryDumpRecord> records = [];
        foreach (DumpStateData data in LeftBehind())
        {
            // The lock is held while clearing up, so that two processes don't both write the record.
            using FileStream? taken = states.TryLock(data.DumpId);
            if (taken is null || states.Find(data.DumpId) is not { } left || !IsUnrecorded(left))
            {
                continue;
            }

            // What was read under the lock: the folder that has it was checked.
            if (await RecoverAsync(left, patience).ConfigureAwait(false) is MemoryDumpRecord record)
            {
                records.Add(record);
            }

            states.RemoveLock(data.DumpId);
        }

        // Nothing is removed in a folder that others may exchange: the dump itself refuses such a one, too.
        using PinnedFolder? dumps = PinnedFolder.TryOpen(folder, FolderUse.Write);
        if (dumps is not null)
        {
            RemoveOrphans(dumps);
        }

        states.Prune(DateTimeOffset.UtcNow);
        await recorder.ReplayAsync(dumps, patience).ConfigureAwait(false);
        return records;
    }

    /// <summary>Removes the files alone that dumps left, to make room for one that would not fit; nobody is waited for.</summary>
    public void RemoveFiles(string folder)
    {
        foreach (DumpStateData data in LeftBehind())
        {
            using PinnedFolder? theirs = PinnedFolder.TryOpen(data.Folder, FolderUse.Write);
            if (theirs is not null)
            {
                RemovePartial(theirs, DumpFile.PartialName(data.DumpId));
            }
        }

        using PinnedFolder? dumps = PinnedFolder.TryOpen(folder, FolderUse.Write);
        if (dumps is not null)
        {
            RemoveOrphans(dumps);
        }
    }

    private static bool IsUnrecorded(DumpStateData data) => data.FinishedAt is null || data.Pending is not null;

    // Of a dump that had not ended, its state says that its process is dead; of one that had, its lock.
    private IEnumerable<DumpStateData> LeftBehind() => states.ReadAll()
        .Where(IsUnrecorded)
        .Where(data => data.FinishedAt is null ? data.State == MemoryDumpState.Interrupted : !states.IsAlive(data.DumpId));

    private async Task<MemoryDumpRecord?> RecoverAsync(DumpStateData data, CancellationToken patience)
    {
        using PinnedFolder? dumps = PinnedFolder.TryOpen(data.Folder, FolderUse.Write);
        if (data.Pending is SpooledRecord pending)
        {
            // For its own store, which need not be ours.
            await recorder.SpoolAsync(pending, dumps).ConfigureAwait(false);
            states.Write(data with { Pending = null });
            return null;
        }

        if (dumps is not null)
        {
            RemovePartial(dumps, DumpFile.PartialName(data.DumpId));
        }

        if (data.Rendezvous is string rendezvous)
        {
            Rendezvous.Delete(rendezvous);
        }

        MemoryDumpRecord? record = null;
        if (data.StartedAt is not null)
        {
            FileFacts? file = dumps?.Find(data.FileName);
            DumpManifest? manifest = file is { IsRegular: true } ? TryReadManifest(dumps!, data.FileName) : null;
            DumpFacts facts = manifest is not null ? Complete(data, manifest, dumps!) : new DumpFacts(data, MemoryDumpState.Interrupted)
            {
                Error = $"The process {data.ProcessId} that took the dump died.",
                ErrorId = "DumpInterrupted",
                Path = file is { IsRegular: true } ? dumps!.PathOf(data.FileName) : null,
            };
            record = facts.ToRecord() with
            {
                LastWriteTimeUtc = manifest is null ? null : file?.LastWriteTime,
                LedgerHead = dumps is null ? null : await NoteAsync(dumps, facts, manifest).ConfigureAwait(false),
            };
            await recorder.WriteAsync(record, dumps, patience).ConfigureAwait(false);
        }

        states.Write(data with
        {
            State = record?.State ?? MemoryDumpState.Interrupted,
            FinishedAt = DateTimeOffset.UtcNow,
            ErrorId = record is null ? "DumpInterrupted" : record.ErrorId,
            Message = record?.Error,
        });
        return record;
    }

    // The process may have died after all was done but the record: then the manifest has what the record needs.
    private static DumpFacts Complete(DumpStateData data, DumpManifest manifest, PinnedFolder dumps) => new(data, MemoryDumpState.Completed)
    {
        Path = dumps.PathOf(data.FileName),
        Image = DumpedImage.Of(manifest),
        Duration = DurationSeconds.Parse(manifest.DurationSeconds),
    };

    private static DumpManifest? TryReadManifest(PinnedFolder dumps, string name)
    {
        try
        {
            return DumpCustody.TryReadManifest(dumps, name);
        }
        catch (VmStatsException)
        {
            // A damaged one is for Test-MemoryDump to name; it must not keep the next dump from being taken.
            return null;
        }
    }

    // The line that the process wrote before it died, else one that says what was found.
    private static async Task<string?> NoteAsync(PinnedFolder dumps, DumpFacts facts, DumpManifest? manifest)
    {
        try
        {
            Ledger ledger = new(dumps);
            if (ledger.Read().Lines.LastOrDefault(line => line.Entry.DumpId == facts.Dump.DumpId) is LedgerLine line)
            {
                return line.Hash;
            }

            // Noted by who clears up, not by who took the dump.
            LedgerEntry entry = facts.ToLedgerEntry(manifest?.FileSha256) with { Operator = Environment.UserName, Host = Environment.MachineName };
            if (manifest is not null)
            {
                entry = entry with { Detail = RecoveredDetail };
            }

            return await ledger.AppendAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            // A full disk, say: the record in the store says what happened.
            return null;
        }
    }

    private void RemoveOrphans(PinnedFolder dumps)
    {
        foreach (string partial in dumps.Names(".*" + DumpFile.PartialSuffix))
        {
            // Between making the file and locking it there is a moment; the dump's own lock is held before.
            if (!Guid.TryParseExact(partial[1..^DumpFile.PartialSuffix.Length], "N", out Guid dump) || !states.IsAlive(dump))
            {
                RemovePartial(dumps, partial);
            }
        }
    }

    // A live dump holds its partial file locked from the moment that it is made.
    private static void RemovePartial(PinnedFolder dumps, string name)
    {
        if (dumps.Find(name) is not { IsRegular: true })
        {
            return;
        }

        try
        {
            using FileStream? taken = FileLock.TryTake(dumps, name);
            if (taken is not null)
            {
                dumps.Delete(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's: not ours to remove, and no reason not to dump.
        }
    }
}
