using VmStats.Hypervisors;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Collection;

/// <summary>Retries a write while it fails with a transient error.</summary>
/// <param name="write">The write.</param>
/// <param name="cancellationToken">Cancels the write and any wait between attempts.</param>
internal delegate ValueTask<WriteResult> WriteRetry(
    Func<CancellationToken, ValueTask<WriteResult>> write, CancellationToken cancellationToken);

/// <summary>The options of a collector: what it polls, how often, and where it writes to.</summary>
internal sealed record TelemetryCollectorOptions
{
    /// <summary>The hypervisor to poll. The collector doesn't dispose it: it is shared within the session, and a simulated fleet's clock continues.</summary>
    public required IHypervisor Hypervisor { get; init; }

    /// <summary>The store to write to.</summary>
    public required ITelemetryStore Store { get; init; }

    /// <summary>True if the collector owns the store and closes it at its end.</summary>
    public bool OwnsStore { get; init; }

    /// <summary>The collector's name; null for "collector" followed by its id.</summary>
    public string? Name { get; init; }

    /// <summary>Time between polls, by the hypervisor's clock.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Number of polls after which the collector ends; null for no limit.</summary>
    public int? Count { get; init; }

    /// <summary>Maximum number of points in a batch.</summary>
    public int BatchMaxLines { get; init; } = 2000;

    /// <summary>Maximum time that a point waits until its batch is written.</summary>
    public TimeSpan BatchMaxTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Maximum number of points that wait to be written; when exceeded, the oldest are dropped.</summary>
    public int QueueCapacity { get; init; } = 20_000;

    /// <summary>How long a stop waits for the store before the remaining points go to the spool.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The timeout of a poll, measured by the system clock.</summary>
    public TimeSpan PollTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Retries failed writes; null for no retries.</summary>
    public WriteRetry? Retry { get; init; }

    /// <summary>Keeps points while the store can't be reached; null to drop them.</summary>
    public PointSpool? Spool { get; init; }

    /// <summary>The clock for batches and back-off.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
