using System.Runtime.CompilerServices;
using VmStats.IO;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>The result of replaying a segment.</summary>
/// <param name="Written">The number of points that were written to the store.</param>
/// <param name="Rejected">The number of points that it rejected; they are in the spool again, or in the reject file.</param>
/// <param name="Warning">A warning of the store; null if there is none.</param>
/// <param name="FieldsLeftOut">The number of fields of written points that were left out because their table doesn't accept them.</param>
internal sealed record SegmentReplay(long Written, long Rejected, string? Warning = null, long FieldsLeftOut = 0)
{
    /// <summary>The path to which a damaged segment was moved; null if it was intact and was deleted.</summary>
    public string? DamagedFile { get; init; }

    /// <summary>The number of points lost by damage, as far as it is known.</summary>
    public long Lost { get; init; }

    /// <summary>The warning about damage; null if there is none.</summary>
    public string? Damage => DamagedFile is null ? null
        : $"A segment of the spool is damaged{(Lost > 0 ? FormattableString.Invariant($"; points lost: {Lost}") : "")}. "
            + $"What is whole was written; the file is kept as '{DamagedFile}'.";

    /// <summary>The store's reason for the first rejected point; null if it rejected none.</summary>
    public string? RejectReason { get; init; }
}

/// <summary>
/// Writes the points of a spool to their store, in order and with their original times. Only one process replays a spool at a time.
/// Points are written at least once; writing a point again overwrites it with the same values.
/// </summary>
internal sealed class SpoolReplayer(PointSpool spool, PointConformer writer)
{
    private const string DamagedExtension = ".damaged";

    /// <summary>
    /// Replays the segments one by one; returns nothing if there are none or if another process is replaying them. A segment that
    /// its writer still has open is skipped.
    /// </summary>
    /// <exception cref="VmStatsException">The store failed. Points that were not written stay in the spool.</exception>
    public async IAsyncEnumerable<SegmentReplay> ReplayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!spool.HasPoints)
        {
            yield break;
        }

        spool.Seal();
        using PinnedFolder folder = spool.Open();
        using FileStream? turn = TryTakeTurn(folder);
        if (turn is null)
        {
            yield break;
        }

        foreach (string name in spool.Segments())
        {
            if (await ReplaySegmentAsync(folder, name, cancellationToken).ConfigureAwait(false) is SegmentReplay segment)
            {
                yield return segment;
            }
        }
    }

    private FileStream? TryTakeTurn(PinnedFolder folder)
    {
        try
        {
            return FileLock.TryTake(folder, "replay.lock");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SpoolErrors.Unusable($"The spool '{spool.Folder}' can't be replayed", spool.Folder, e);
        }
    }

    private async ValueTask<SegmentReplay?> ReplaySegmentAsync(PinnedFolder folder, string name, CancellationToken cancellationToken)
    {
        using FileStream? segment = PointSpool.TryOpen(folder, name);
        if (segment is null)
        {
            return folder.IsUnsafe(name) ? SetAside(folder, name, new SegmentReplay(0, 0)) : null;
        }

        SegmentReplay replay = new(0, 0);
        SegmentDamage damage = new();
        foreach (IReadOnlyList<Point> points in SpoolSegment.Read(segment, damage))
        {
            // The wait ends on cancellation even if the store's write doesn't: the points may be written all the same, and are replayed again.
            cancellationToken.ThrowIfCancellationRequested();
            WriteResult result = await writer.WriteAsync(points, cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            Keep(result.Rejected);
            replay = replay with
            {
                Written = replay.Written + result.Written,
                Rejected = replay.Rejected + result.Rejected.Count,
                RejectReason = replay.RejectReason ?? (result.Rejected.Count > 0 ? result.Rejected[0].Reason : null),
                FieldsLeftOut = replay.FieldsLeftOut + result.FieldsLeftOut,
                Warning = result.Warning ?? replay.Warning,
            };
        }

        if (damage.Count > 0)
        {
            return SetAside(folder, name, replay with { Lost = damage.Points });
        }

        folder.Delete(name);
        return replay;
    }

    private void Keep(IReadOnlyList<RejectedPoint> rejected)
    {
        if (spool.KeepsRejected)
        {
            // They go to a new segment, which sorts after those of this replay.
            spool.Append([.. rejected.Select(reject => reject.Point)]);
        }
        else
        {
            spool.Rejects.Add(rejected);
        }
    }

    // Renaming doesn't open the file. So whatever isn't a segment is reported only once, and doesn't block later replays.
    private static SegmentReplay SetAside(PinnedFolder folder, string name, SegmentReplay replay)
    {
        folder.Move(name, name + DamagedExtension, overwrite: true);
        return replay with { DamagedFile = folder.PathOf(name + DamagedExtension) };
    }
}
