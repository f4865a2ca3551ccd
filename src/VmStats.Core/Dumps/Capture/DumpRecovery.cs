using VmStats.Dumps.Custody;
using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.IO;
using VmStats.Points;

namespace VmStats.Dumps.Capture;

/// <summary>
/// Cleans up after dumps whose process died: removes their partial files and rendezvous folders, records the
/// interruption, and writes records that such a process had not yet written. Touches only leftovers that provably
/// belong to no live process: the dump's lock, or the lock of the partial file, must be free.
/// </summary>
internal sealed class DumpRecovery(DumpStateStore states, DumpRecorder recorder)
{
    /// <summary>The warnings of the last replay of the record spools.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Cleans up, and writes the records that wait in the spools.</summary>
    /// <param name="folder">The dump folder, which is also searched for partial files.</param>
    /// <param name="timeoutToken">Cancelled when the time to wait for the store is over: records that it has not accepted
    /// by then go to the spools.</param>
    /// <returns>The records of interrupted dumps that were written.</returns>
    public async Task<IReadOnlyList<MemoryDumpRecord>> RecoverAsync(string folder, CancellationToken timeoutToken)
    {
        List<MemoryDumpRecord> records = [];
        foreach (DumpStateData data in LeftBehind())
        {
            // The lock is held during the cleanup, so that two processes don't both write the record.
            using FileStream? held = states.TryLock(data.DumpId);
            if (held is null || states.Find(data.DumpId) is not { } left || !IsUnrecorded(left))
            {
                continue;
            }

            // Uses the state that was read under the lock: its folder has been checked.
            if (await RecoverAsync(left, timeoutToken).ConfigureAwait(false) is MemoryDumpRecord record)
            {
                records.Add(record);
            }

            states.RemoveLock(data.DumpId);
        }

        // Nothing is removed in a folder that other users may replace: a dump refuses such a folder, too.
        using PinnedFolder? dumps = PinnedFolder.TryOpen(folder, FolderUse.Write);
        if (dumps is not null)
        {
            RemoveOrphans(dumps);
        }

        states.Prune(DateTimeOffset.UtcNow);
        Warnings = (await recorder.ReplayAsync(dumps, timeoutToken).ConfigureAwait(false)).Warnings;
        return records;
    }

    /// <summary>Removes only the files that dumps left, to make room for a dump that would not fit; doesn't wait for anything.</summary>
    public void RemoveFiles(string folder)
    {
        foreach (DumpStateData data in LeftBehind())
        {
            using PinnedFolder? owner = PinnedFolder.TryOpen(data.Folder, FolderUse.Write);
            if (owner is not null)
            {
                RemovePartial(owner, DumpFile.PartialName(data.DumpId));
            }
        }

        using PinnedFolder? dumps = PinnedFolder.TryOpen(folder, FolderUse.Write);
        if (dumps is not null)
        {
            RemoveOrphans(dumps);
        }
    }

    private static bool IsUnrecorded(DumpStateData data) => data.FinishedAt is null || data.Pending is not null;

    // For a dump that had not ended, its state shows that its process is dead; for one that had, its lock does.
    private IEnumerable<DumpStateData> LeftBehind() => states.ReadAll()
        .Where(IsUnrecorded)
        .Where(data => data.FinishedAt is null ? data.State == MemoryDumpState.Interrupted : !states.IsAlive(data.DumpId));

    private async Task<MemoryDumpRecord?> RecoverAsync(DumpStateData data, CancellationToken timeoutToken)
    {
        using PinnedFolder? dumps = PinnedFolder.TryOpen(data.Folder, FolderUse.Write);
        if (data.Pending is SpooledRecord pending)
        {
            // Goes to the spool of its own store, which may differ from this one.
            recorder.Spool(pending, dumps);
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
            FileMetadata? file = dumps?.Find(data.FileName);
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
                LedgerHead = dumps is null ? null : await LogAsync(dumps, facts, manifest).ConfigureAwait(false),
            };
            await recorder.WriteAsync(record, dumps, timeoutToken).ConfigureAwait(false);
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

    // The process may have died with only the record missing: then the manifest has the data for the record.
    private static DumpFacts Complete(DumpStateData data, DumpManifest manifest, PinnedFolder dumps) => new(data, MemoryDumpState.Completed)
    {
        Path = dumps.PathOf(data.FileName),
        Image = DumpedImage.Of(manifest),
        Duration = Duration.OfSeconds(manifest.DurationSeconds),
    };

    private static DumpManifest? TryReadManifest(PinnedFolder dumps, string name)
    {
        try
        {
            return DumpCustody.TryReadManifest(dumps, name);
        }
        catch (VmStatsException)
        {
            // A damaged manifest is reported by Test-MemoryDump; it must not prevent the next dump.
            return null;
        }
    }

    // Returns the hash of the ledger entry that the process wrote before it died, or of a new one that records what was found.
    private static async Task<string?> LogAsync(PinnedFolder dumps, DumpFacts facts, DumpManifest? manifest)
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
                entry = entry with { Detail = LedgerEntry.RecoveredDetail };
            }

            return await ledger.AppendAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
        {
            // The disk may be full: the record in the store has the reason.
            return null;
        }
    }

    private void RemoveOrphans(PinnedFolder dumps)
    {
        foreach (string partial in dumps.Names(".*" + DumpFile.PartialSuffix))
        {
            // The partial file is created a moment before it is locked; the dump's own lock is held even before that.
            if (!Guid.TryParseExact(partial[1..^DumpFile.PartialSuffix.Length], "N", out Guid dump) || !states.IsAlive(dump))
            {
                RemovePartial(dumps, partial);
            }
        }
    }

    // A running dump holds a lock on its partial file from the moment that the file is created.
    private static void RemovePartial(PinnedFolder dumps, string name)
    {
        if (dumps.Find(name) is not { IsRegular: true })
        {
            return;
        }

        try
        {
            using FileStream? held = FileLock.TryTake(dumps, name);
            if (held is not null)
            {
                dumps.Delete(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's file: it is not ours to remove, and must not prevent a dump.
        }
    }
}
