using System.Globalization;
using VmStats.Points;

namespace VmStats.Stores;

/// <summary>A store of which the module itself deletes what is older than a retention period, since there is no server to do it.</summary>
internal interface IPrunableStore : ITelemetryStore
{
    /// <summary>A command that makes a connection to this store, as one types it.</summary>
    string ConnectCommand { get; }

    /// <summary>Counts what a retention period would delete now.</summary>
    ValueTask<PruningPlan> PlanPruningAsync(TimeSpan retention, CancellationToken cancellationToken);

    /// <summary>Deletes what was planned, in slices between which others write.</summary>
    /// <returns>How many points were deleted.</returns>
    ValueTask<long> PruneAsync(PruningPlan plan, CancellationToken cancellationToken);
}

/// <summary>What a retention period would delete at a moment.</summary>
/// <param name="Retention">The period.</param>
/// <param name="OldestKept">Points of telemetry before this time would be deleted, UTC nanoseconds.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Newest">The newest point of telemetry that was stored before; null where there was none.</param>
/// <param name="Points">How many would be deleted.</param>
/// <param name="Total">How many there are; where <paramref name="Points"/> are within the limit it may be as many as it took to know that.</param>
internal sealed record PruningPlan(
    TimeSpan Retention, long OldestKept, DateTimeOffset Clock, DateTimeOffset? Newest, long Points, long Total)
{
    /// <summary>So many points that stay for each one that goes make a pass an ordinary one.</summary>
    public const int KeptPerDeleted = 7;

    /// <summary>True when no more than an eighth would go. More is a wrong clock as likely as an old store: a person decides.</summary>
    public bool IsWithinLimit => Total - Points >= KeptPerDeleted * Points;

    /// <summary>A description of what would be deleted.</summary>
    public string Extent => string.Create(
        CultureInfo.InvariantCulture, $"{Points} of {Total} points, all older than {UnixTime.FromNanoseconds(OldestKept):u}");

    /// <summary>The two times that a person judges it by, in words.</summary>
    public string Times => Newest is DateTimeOffset time
        ? string.Create(CultureInfo.InvariantCulture, $"The clock says {Clock:u}; the newest point stored before is of {time:u}.")
        : string.Create(CultureInfo.InvariantCulture, $"The clock says {Clock:u}; no point was stored before.");

    /// <summary>The message of a pass that deleted nothing because it would have deleted more than an eighth of the points.</summary>
    /// <param name="connect">A command that makes a connection to the store.</param>
    public string HeldBack(string connect) =>
        $"Nothing was deleted: the retention period of {Duration.Format(Retention)} would take {Extent}, at once, more than an eighth. {Times} "
        + $"If both are right, this deletes them: Initialize-VmStatsDatabase -RetentionPeriod {Duration.Format(Retention)} -Force -Connection ({connect} -PassThru)";
}
