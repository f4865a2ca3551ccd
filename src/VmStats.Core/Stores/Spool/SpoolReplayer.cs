using System.Runtime.CompilerServices;
using VmStats.Data;
using VmStats.Files;

namespace VmStats.Stores.Spool;

/// <summary>What became of a segment that was replayed.</summary>
/// <param name="Written">Points that the store has now.</param>
/// <param name="Rejected">Points that it refused; they are in the reject file.</param>
/// <param name="DamagedFile">Where a segment with damage further in than a crash leaves it is kept; null when it was whole, and is gone.</param>
/// <param name="Warning">What the store had to tell with it; null when all is well.</param>
/// <param name="FieldsLeftOut">Fields of written points that their table doesn't take.</param>
internal sealed record SegmentReplay(long Written, long Rejected, string? DamagedFile, string? Warning = null, long FieldsLeftOut = 0);

/// <summary>
/// Brings the points of a spool into their store, in order, with their own times. One process at a time; points are
/// written at least once, and a point that is written twice is the same point.
/// </summary>
internal sealed class SpoolReplayer(PointSpool spool, ITelemetryStore store)
{
    private const string DamagedExtension = ".damaged";
    private readonly PointConformer _conformer = new(store);

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

        foreach (string path in spool.Segments())
        {
            if (await ReplaySegmentAsync(folder, Path.GetFileName(path), cancellationToken).ConfigureAwait(false) is SegmentReplay segment)
            {
                yield return segment;
            }
        }
    }

    private FileStream? TryTakeTurn(PinnedFolder folder)
    {
        try
        {
            return folder.OpenFile("replay.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnsafePathException e)
        {
            throw PointSpool.Unusable($"The spool '{spool.Folder}' can't be replayed", spool.Folder, e);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async ValueTask<SegmentReplay?> ReplaySegmentAsync(PinnedFolder folder, string name, CancellationToken cancellationToken)
    {
        using FileStream? segment = PointSpool.TryOpen(folder, name);
        if (segment is null)
        {
            return folder.IsUnsafe(name) ? SetAside(folder, name, 0, 0) : null;
        }

        long written = 0, rejected = 0, leftOut = 0;
        string? warning = null;
        SegmentDamage damage = new();
        foreach (IReadOnlyList<Point> points in SpoolSegment.Read(segment, damage))
        {
            WriteResult result = await _conformer.WriteAsync(points, cancellationToken).ConfigureAwait(false);
            spool.Rejects.Add(result.Rejected);
            written += result.Written;
            rejected += result.Rejected.Count;
            leftOut += result.FieldsLeftOut;
            warning = result.Warning ?? warning;
        }

        if (damage.IsCorrupt)
        {
            return SetAside(folder, name, written, rejected, warning) with { FieldsLeftOut = leftOut };
        }

        folder.Delete(name);
        return new SegmentReplay(written, rejected, null, warning, leftOut);
    }

    // A rename opens nothing: so what is no segment is told once, and stands in nobody's way.
    private static SegmentReplay SetAside(PinnedFolder folder, string name, long written, long rejected, string? warning = null)
    {
        folder.Move(name, name + DamagedExtension, overwrite: true);
        return new SegmentReplay(written, rejected, folder.PathOf(name + DamagedExtension), warning);
    }
}
