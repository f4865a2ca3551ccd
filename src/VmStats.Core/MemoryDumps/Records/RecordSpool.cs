using System.Text;
using System.Text.Json;
using VmStats.Files;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>A record that waits for its store.</summary>
/// <param name="Store">The store's address: no other store gets the record.</param>
/// <param name="Database">The store's database.</param>
/// <param name="Reason">Why it waits.</param>
/// <param name="Record">The record.</param>
internal sealed record SpooledRecord(string Store, string Database, string Reason, MemoryDumpRecord Record);

/// <summary>Records that a store could not take, one JSON line each, in a file beside the dumps, until it can.</summary>
internal sealed class RecordSpool(PinnedFolder folder)
{
    public const string FileName = ".vmstats-records.jsonl";

    private const string LockName = FileName + ".lock";

    private static readonly TimeSpan s_lockTime = TimeSpan.FromSeconds(60);

    private enum Outcome
    {
        Written,
        Refused,
        Unreachable,
    }

    /// <summary>Adds a record, synced to the disk.</summary>
    public async Task AddAsync(SpooledRecord record, CancellationToken cancellationToken)
    {
        using FileStream taken = await FileLock.TakeAsync(folder, LockName, s_lockTime, cancellationToken).ConfigureAwait(false);
        using FileStream file = folder.OpenFile(FileName, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        EndTornLine(file);
        JsonSerializer.Serialize(file, record, DumpJson.Default.SpooledRecord);
        file.WriteByte((byte)'\n');
        file.Flush(flushToDisk: true);
    }

    /// <summary>Writes what waits for this store, oldest first; what can't be written yet stays.</summary>
    /// <returns>Records written.</returns>
    public async Task<int> ReplayAsync(ITelemetryStore store, CancellationToken cancellationToken)
    {
        if (folder.Find(FileName) is null)
        {
            return 0;
        }

        // Who holds the lock is at it already, or adds a record that can wait for the next run.
        using FileStream? taken = FileLock.TryTake(folder, LockName);
        if (taken is null)
        {
            return 0;
        }

        List<string> kept = [];
        int written = 0;
        bool isReachable = true;
        foreach (string line in Encoding.UTF8.GetString(folder.TryReadAllBytes(FileName) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TryParse(line) is not SpooledRecord waiting)
            {
                continue;
            }

            bool isOurs = waiting.Store == store.Info.Address && waiting.Database == store.Info.Database;
            Outcome outcome = isOurs && isReachable
                ? await TryWriteAsync(store, waiting.Record, cancellationToken).ConfigureAwait(false)
                : Outcome.Unreachable;
            if (outcome == Outcome.Written)
            {
                written++;
                continue;
            }

            // A record that is refused doesn't stand in the way of those behind it; a store that is away does.
            isReachable &= !isOurs || outcome == Outcome.Refused;
            kept.Add(line);
        }

        Replace(kept);
        return written;
    }

    private void Replace(List<string> lines)
    {
        if (lines.Count == 0)
        {
            folder.Delete(FileName);
            return;
        }

        const string temporary = FileName + ".new";
        using (FileStream file = folder.OpenFile(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
            file.Flush(flushToDisk: true);
        }

        folder.Move(temporary, FileName, overwrite: true);
    }

    private static async Task<Outcome> TryWriteAsync(ITelemetryStore store, MemoryDumpRecord record, CancellationToken cancellationToken)
    {
        try
        {
            MeasurementSchema? schema = await store.GetSchemaAsync(MemDumpsTable.Measurement, cancellationToken).ConfigureAwait(false);
            WriteResult result = await store.WriteAsync([MemDumpsTable.ToPoint(record, schema)], cancellationToken).ConfigureAwait(false);
            return result.Rejected.Count == 0 ? Outcome.Written : Outcome.Refused;
        }
        catch (VmStatsException)
        {
            return Outcome.Unreachable;
        }
    }

    // A line that a crash cut short is ended, and passed over when read.
    private static void EndTornLine(FileStream file)
    {
        if (file.Length > 0)
        {
            file.Position = file.Length - 1;
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }
    }

    private static SpooledRecord? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, DumpJson.Default.SpooledRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
