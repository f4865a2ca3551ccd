using System.Globalization;
using VmStats.Points;

namespace VmStats.Stores;

/// <summary>A store without a server that enforces a retention period: the module itself deletes the data that is older.</summary>
internal interface IPrunableStore : ITelemetryStore
{
    /// <summary>A command that connects to this store, as it would be typed at a prompt.</summary>
    string ConnectCommand { get; }

    /// <summary>Counts the points that a retention period would delete now.</summary>
    ValueTask<PruningPlan> PlanPruningAsync(TimeSpan retention, CancellationToken cancellationToken);

    /// <summary>Deletes the planned points in chunks, so that other writers can access the store in between.</summary>
    /// <returns>How many points were deleted.</returns>
    ValueTask<long> PruneAsync(PruningPlan plan, CancellationToken cancellationToken);
}

/// <summary>The points that a retention period would delete at a given time.</summary>
/// <param name="Retention">The retention period.</param>
/// <param name="OldestKept">Telemetry points before this time would be deleted, UTC nanoseconds.</param>
/// <param name="Clock">The system clock's time when the plan was made.</param>
/// <param name="Newest">The time of the newest telemetry point stored before; null if there was none.</param>
/// <param name="Points">The number of points that would be deleted.</param>
/// <param name="Total">The number of points in total. If <paramref name="Points"/> is within the limit, counting may have stopped early, once that was certain.</param>
internal sealed record PruningPlan(
    TimeSpan Retention, long OldestKept, DateTimeOffset Clock, DateTimeOffset? Newest, long Points, long Total)
{
    /// <summary>The minimum number of points that remain per deleted point for the deletion to run automatically.</summary>
    public const int KeptPerDeleted = 7;

    /// <summary>
    /// True if at most an eighth of the points would be deleted. A larger share may be due to a wrong clock as well as to an old
    /// store, so the user must confirm it.
    /// </summary>
    public bool IsWithinLimit => Total - Points >= KeptPerDeleted * Points;

    /// <summary>A description of what would be deleted.</summary>
    public string Extent => string.Create(
        CultureInfo.InvariantCulture, $"{Points} of {Total} points, all older than {UnixTime.FromNanoseconds(OldestKept):u}");

    /// <summary>A description of the two times by which the user can judge whether the clock is right.</summary>
    public string Times => Newest is DateTimeOffset time
        ? string.Create(CultureInfo.InvariantCulture, $"The clock says {Clock:u}; the newest point stored before is of {time:u}.")
        : string.Create(CultureInfo.InvariantCulture, $"The clock says {Clock:u}; no point was stored before.");

    /// <summary>The message for a deletion that was not run automatically.</summary>
    /// <param name="connect">A command that connects to the store.</param>
    public string HeldBack(string connect) =>
        $"Nothing was deleted: the retention period of {Duration.Format(Retention)} would take {Extent}, at once, more than an eighth. {Times} "
        + $"If both are right, this deletes them: Initialize-VmStatsDatabase -RetentionPeriod {Duration.Format(Retention)} -Force -Connection ({connect} -PassThru)";
}
