using VmStats.IO;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Dumps.Records;

/// <summary>A record that waits for its store.</summary>
/// <param name="Store">The store's address: no other store gets the record.</param>
/// <param name="Database">The store's database.</param>
/// <param name="Reason">Why it waits.</param>
/// <param name="Record">The record.</param>
internal sealed record SpooledRecord(string Store, string Database, string Reason, MemoryDumpRecord Record);

/// <summary>What became of records that waited.</summary>
/// <param name="Written">Records that the store has now.</param>
/// <param name="Warnings">What is to be told: damage, and refusals.</param>
internal sealed record RecordReplay(long Written, IReadOnlyList<string> Warnings);

/// <summary>
/// Records that a store could not take, in a folder beside the dumps, until it can: a spool as telemetry has it, in which
/// nothing is dropped, and what a store refuses waits on.
/// </summary>
internal sealed class RecordSpool(PinnedFolder folder)
{
    public const string FolderName = ".vmstats-records";

    /// <summary>Where the spools of all stores lie.</summary>
    public string Path => folder.PathOf(FolderName);

    /// <summary>Adds a record, on the disk when it returns.</summary>
    /// <exception cref="VmStatsException">It could not be written: <c>SpoolWriteFailed</c>.</exception>
    public void Add(SpooledRecord waiting)
    {
        // A spool goes by the address and the database: of another store, the kind isn't known here.
        using PointSpool spool = Open(new StoreInfo(StoreKind.Embedded, waiting.Store, waiting.Database));
        spool.Append([MemDumpsTable.ToPoint(waiting.Record)]);
    }

    /// <summary>
    /// Writes what waits for this store, oldest first; what can't be written yet stays. Nobody who has a record to add waits
    /// meanwhile. A record that is brought twice is the same point.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="patience">Ends the wait for the store; what was written until then waits no more.</param>
    public async Task<RecordReplay> ReplayAsync(ITelemetryStore store, CancellationToken patience)
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
            await foreach (SegmentReplay segment in replayer.ReplayAsync(patience).ConfigureAwait(false))
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
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // What was not brought waits on.
        }
        catch (Exception)
        {
            // A store that is away, a spool of another user's, a full disk: those records stay in the spool and don't block the others.
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
