namespace VmStats;

/// <summary>A VM that a store or a hypervisor knows.</summary>
public sealed record MonitoredVm
{
    /// <summary>Its name; where it was renamed, the latest.</summary>
    public required string Name { get; init; }

    /// <summary>Its identity; null where rows without a UUID are all that is known of it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>libvirt's run-time id at that time; null when it was off.</summary>
    public string? VmId { get; init; }

    /// <summary>The host that it ran on; null where it wasn't recorded.</summary>
    public string? HostName { get; init; }

    /// <summary>Its state at <see cref="LastSeen"/>; null where it wasn't recorded.</summary>
    public VmState? State { get; init; }

    /// <summary>When it was last sampled, local time; from a hypervisor, now.</summary>
    public DateTime? LastSeen => LastSeenUtc?.ToLocalTime();

    /// <summary><see cref="LastSeen"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? LastSeenUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Virtual CPUs.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory that the balloon leaves it, bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Who knows it: <c>store</c> or <c>hypervisor</c>.</summary>
    public string Source { get; init; } = "store";

    /// <summary>The hypervisor that was asked; null from a store.</summary>
    public string? HypervisorUri { get; init; }

    /// <summary>True for a VM of a simulated fleet.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>The name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
