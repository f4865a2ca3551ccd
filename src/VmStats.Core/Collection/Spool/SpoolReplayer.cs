using VmStats.Data;
using VmStats.Stores;

namespace VmStats.Collection.Spool;

/// <summary>What a replay did.</summary>
/// <param name="Written">Points that the store has now.</param>
/// <param name="Rejected">Points that it refused; they are in the reject file.</param>
/// <param name="Remaining">Segments that are still there: the store went away again, or their writer is at work.</param>
/// <param name="Damaged">Segments with damage further in than a crash leaves it; kept beside the others, renamed.</param>
internal sealed record SpoolReplay(long Written, long Rejected, int Remaining, int Damaged)
{
    /// <summary>Nothing done.</summary>
    public static SpoolReplay None { get; } = new(0, 0, 0, 0);
}

/// <summary>
/// Brings the points of a spool into their store, in order, with their own times. One process at a time; points are
/// written at least once, and a point that is written twice is the same point.
/// </summary>
internal sealed class SpoolReplayer(PointSpool spool, ITelemetryStore store)
{
    private const string DamagedExtension = ".damaged";
    private readonly PointConformer _conformer = new(store);

    /// <summary>Replays what is there; returns at once when there is nothing or another process is at it.</summary>
    /// <exception cref="VmStatsException">The store failed. What it doesn't have stays in the spool.</exception>
    public async ValueTask<SpoolReplay> ReplayAsync(CancellationToken cancellationToken)
    {
        if (!spool.HasPoints)
        {
            return SpoolReplay.None;
        }

        spool.Seal();
        using FileStream? turn = TryTakeTurn();
        if (turn is null)
        {
            return SpoolReplay.None with { Remaining = spool.Segments().Count };
        }

        SpoolReplay done = SpoolReplay.None;
        foreach (string path in spool.Segments())
        {
            done = await ReplaySegmentAsync(path, done, cancellationToken).ConfigureAwait(false);
        }

        return done;
    }

    private FileStream? TryTakeTurn()
    {
        try
        {
            return PointSpool.OpenPrivate(Path.Combine(spool.Folder, "replay.lock"), FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async ValueTask<SpoolReplay> ReplaySegmentAsync(string path, SpoolReplay done, CancellationToken cancellationToken)
    {
        using FileStream? segment = PointSpool.TryOpen(path);
        if (segment is null)
        {
            return done with { Remaining = done.Remaining + 1 };
        }

        SegmentDamage damage = new();
        foreach (IReadOnlyList<Point> points in SpoolSegment.Read(segment, damage))
        {
            WriteResult result = await WriteAsync(points, cancellationToken).ConfigureAwait(false);
            spool.Rejects.Add(result.Rejected);
            done = done with { Written = done.Written + result.Written, Rejected = done.Rejected + result.Rejected.Count };
        }

        if (damage.IsCorrupt)
        {
            File.Move(path, path + DamagedExtension, overwrite: true);
            return done with { Damaged = done.Damaged + 1 };
        }

        File.Delete(path);
        return done;
    }

    private async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<Point> conformed = await _conformer.ConformAsync(points, cancellationToken).ConfigureAwait(false);
            return await store.WriteAsync(conformed, cancellationToken).ConfigureAwait(false);
        }
        catch (VmStatsException e) when (WriteFailure.IsOfThePoints(e))
        {
            // The same points would fail for ever and hold up all that come after them.
            return new WriteResult(0, points.Select(point => new RejectedPoint(point, e.Message)).ToArray());
        }
    }
}
