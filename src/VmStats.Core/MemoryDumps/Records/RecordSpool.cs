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
    private static readonly TimeSpan s_removeTime = TimeSpan.FromSeconds(5);

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

    /// <summary>
    /// Writes what waits for this store, oldest first; what can't be written yet stays. The spool isn't locked while the
    /// store is waited for: a dump that has a record to add must not wait for it, too. A record that two bring at once is
    /// the same point twice.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="patience">Ends the wait for the store; what was written until then waits no more.</param>
    /// <returns>Records written.</returns>
    public async Task<int> ReplayAsync(ITelemetryStore store, CancellationToken patience)
    {
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach (string line in Read(patience))
        {
            if (TryParse(line) is not SpooledRecord waiting || waiting.Store != store.Info.Address || waiting.Database != store.Info.Database)
            {
                continue;
            }

            // A record that is refused doesn't stand in the way of those behind it; a store that is away does.
            RecordDelivery delivery = await RecordDelivery.BringAsync(store, waiting.Record, patience).ConfigureAwait(false);
            if (delivery.Outcome == DeliveryOutcome.Unreachable)
            {
                break;
            }

            if (delivery.Outcome == DeliveryOutcome.Written)
            {
                written.Add(line);
            }
        }

        await RemoveAsync(written).ConfigureAwait(false);
        return written.Count;
    }

    private string[] Read(CancellationToken patience)
    {
        if (patience.IsCancellationRequested || folder.Find(FileName) is null)
        {
            return [];
        }

        // Who holds the lock adds a record, which can wait for the next run, or takes out what he has brought.
        using FileStream? taken = FileLock.TryTake(folder, LockName);
        return taken is null ? [] : ReadLines();
    }

    private string[] ReadLines() =>
        Encoding.UTF8.GetString(folder.TryReadAllBytes(FileName) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task RemoveAsync(HashSet<string> written)
    {
        if (written.Count == 0)
        {
            return;
        }

        // Where somebody is at it for so long, they are brought again by the next: the same points.
        using FileStream taken = await FileLock.TakeAsync(folder, LockName, s_removeTime, CancellationToken.None).ConfigureAwait(false);
        Replace([.. ReadLines().Where(line => !written.Contains(line) && TryParse(line) is not null)]);
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
