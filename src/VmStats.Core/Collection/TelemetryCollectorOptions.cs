using VmStats.Hypervisors;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Collection;

/// <summary>Runs a write again while it fails in a way that may pass.</summary>
/// <param name="write">The write.</param>
/// <param name="cancellationToken">Ends the wait at once.</param>
internal delegate ValueTask<WriteResult> WriteRetry(
    Func<CancellationToken, ValueTask<WriteResult>> write, CancellationToken cancellationToken);

/// <summary>What a collector polls, how often, and where it writes to.</summary>
internal sealed record TelemetryCollectorOptions
{
    /// <summary>What is polled. Not disposed: a session shares it, and a simulated fleet's clock goes on.</summary>
    public required IHypervisor Hypervisor { get; init; }

    /// <summary>Where the points go.</summary>
    public required ITelemetryStore Store { get; init; }

    /// <summary>Whether the store is the collector's own, to be closed when it has ended.</summary>
    public bool ClosesStore { get; init; }

    /// <summary>A name for it; null for "collector" and its number.</summary>
    public string? Name { get; init; }

    /// <summary>Time between polls, by the hypervisor's clock.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Ends after so many polls; null for never.</summary>
    public int? Count { get; init; }

    /// <summary>A batch is written when it has so many points.</summary>
    public int BatchMaxLines { get; init; } = 2000;

    /// <summary>A batch is written when its first point has waited so long.</summary>
    public TimeSpan BatchMaxTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Points that may wait to be written; beyond it the oldest are dropped.</summary>
    public int QueueCapacity { get; init; } = 20_000;

    /// <summary>How long a stop waits for the store before what is left goes to the spool.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A poll that hasn't ended by then has failed, by the system's clock.</summary>
    public TimeSpan PollTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How writes are tried again; null for once only.</summary>
    public WriteRetry? Retry { get; init; }

    /// <summary>Where points wait when the store can't be reached; null for nowhere.</summary>
    public PointSpool? Spool { get; init; }

    /// <summary>The clock that batches and back-off are timed by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
