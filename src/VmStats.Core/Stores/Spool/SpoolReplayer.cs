using System.Runtime.CompilerServices;
using VmStats.IO;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>What became of a segment that was replayed.</summary>
/// <param name="Written">Points that the store has now.</param>
/// <param name="Rejected">Points that it refused; they wait on, or are in the reject file.</param>
/// <param name="Warning">What the store had to tell with it; null when all is well.</param>
/// <param name="FieldsLeftOut">Fields of written points that their table doesn't take.</param>
internal sealed record SegmentReplay(long Written, long Rejected, string? Warning = null, long FieldsLeftOut = 0)
{
    /// <summary>Where a damaged segment is kept; null when it was whole, and is gone.</summary>
    public string? DamagedFile { get; init; }

    /// <summary>Points that are lost by damage, as far as it can be told.</summary>
    public long Lost { get; init; }

    /// <summary>What is to be told of damage; null when there is none.</summary>
    public string? Damage => DamagedFile is null ? null
        : $"A segment of the spool is damaged{(Lost > 0 ? FormattableString.Invariant($"; points lost: {Lost}") : "")}. "
            + $"What is whole was written; the file is kept as '{DamagedFile}'.";

    /// <summary>Why the store refused the first of the refused points; null when it refused none.</summary>
    public string? RejectReason { get; init; }
}

/// <summary>
/// Brings the points of a spool into their store, in order, with their own times. One process at a time; points are
/// written at least once, and a point that is written twice is the same point.
/// </summary>
internal sealed class SpoolReplayer(PointSpool spool, PointConformer writer)
{
    private const string DamagedExtension = ".damaged";

    /// <summary>
    /// Replays what is there, segment by segment; nothing when there is nothing or another process is at it. A segment that
    /// its writer still holds is left out.
    /// </summary>
    /// <exception cref="VmStatsException">The store failed. What it doesn't have stays in the spool.</exception>
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
            // The caller's timeout applies: points that the store accepts only after it are sent again.
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
            // In a segment that sorts behind those of this turn.
            spool.Append([.. rejected.Select(reject => reject.Point)]);
        }
        else
        {
            spool.Rejects.Add(rejected);
        }
    }

    // A rename doesn't open the file: a file that is no segment is reported once and doesn't block the replay.
    private static SegmentReplay SetAside(PinnedFolder folder, string name, SegmentReplay replay)
    {
        folder.Move(name, name + DamagedExtension, overwrite: true);
        return replay with { DamagedFile = folder.PathOf(name + DamagedExtension) };
    }
}
