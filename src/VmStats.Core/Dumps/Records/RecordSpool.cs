using VmStats.IO;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Dumps.Records;

/// <summary>A record that is kept until its store accepts it.</summary>
/// <param name="Store">The store's address; the record is written to no other store.</param>
/// <param name="Database">The store's database.</param>
/// <param name="Reason">Why it has not been written yet.</param>
/// <param name="Record">The record.</param>
internal sealed record SpooledRecord(string Store, string Database, string Reason, MemoryDumpRecord Record);

/// <summary>The result of replaying spooled records.</summary>
/// <param name="Written">The number of records that were written.</param>
/// <param name="Warnings">Warnings about damaged and rejected records.</param>
internal sealed record RecordReplay(long Written, IReadOnlyList<string> Warnings);

/// <summary>
/// Keeps records, in a folder beside the dumps, until their store accepts them. It uses the same spool as telemetry, but nothing
/// is dropped, and records that a store rejects stay in it.
/// </summary>
internal sealed class RecordSpool(PinnedFolder folder)
{
    public const string FolderName = ".vmstats-records";

    /// <summary>The folder that contains the spools of all stores.</summary>
    public string Path => folder.PathOf(FolderName);

    /// <summary>Adds a record. It is flushed to the disk when the method returns.</summary>
    /// <exception cref="VmStatsException"><c>SpoolWriteFailed</c>: the record could not be written.</exception>
    public void Add(SpooledRecord waiting)
    {
        // A spool is identified by address and database only. The kind of another store isn't known here, so any value will do.
        using PointSpool spool = Open(new StoreInfo(StoreKind.Embedded, waiting.Store, waiting.Database));
        spool.Append([MemDumpsTable.ToPoint(waiting.Record)]);
    }

    /// <summary>
    /// Writes the spooled records of this store, oldest first; those that can't be written yet stay in the spool. Records can be added
    /// meanwhile without waiting. A record that is written twice is stored once, because it is the same point.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="timeoutToken">Ends the wait for the store; segments that were written completely until then are removed.</param>
    public async Task<RecordReplay> ReplayAsync(ITelemetryStore store, CancellationToken timeoutToken)
    {
        long written = 0;
        List<string> warnings = [];
        try
        {
            if (new RecordLines(folder, this).Move() is { } damage)
            {
                warnings.Add(damage);
            }

            using PointSpool spool = Open(store.Info);
            SpoolReplayer replayer = new(spool, new PointConformer(store, MemDumpsTable.Rules));
            await foreach (SegmentReplay segment in replayer.ReplayAsync(timeoutToken).ConfigureAwait(false))
            {
                written += segment.Written;
                if (segment.Damage is { } damaged)
                {
                    warnings.Add(damaged);
                }

                if (segment.RejectReason is { } why)
                {
                    warnings.Add($"The store refused a dump's record, which waits on in '{spool.Folder}': {why}");
                }
            }
        }
        catch (OperationCanceledException) when (timeoutToken.IsCancellationRequested)
        {
            // Records that were not written stay in the spool.
        }
        catch (Exception)
        {
            // The store is unreachable, the spool belongs to another user, the disk is full, or the like. The records stay and don't block the dump.
        }

        return new RecordReplay(written, warnings);
    }

    private PointSpool Open(StoreInfo store) => new(store, new SpoolOptions
    {
        Root = Path,
        Parent = folder,
        MaximumSize = long.MaxValue,
        KeepsRejected = true,
    });
}
