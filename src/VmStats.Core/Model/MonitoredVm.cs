namespace VmStats;

/// <summary>A VM that was found in a store or on a hypervisor.</summary>
public sealed record MonitoredVm
{
    /// <summary>Its name; if it was renamed, the latest one.</summary>
    public required string Name { get; init; }

    /// <summary>Its UUID; null if the store has only rows without a UUID.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>libvirt's run-time id at <see cref="LastSeen"/>; null if it was off.</summary>
    public string? VmId { get; init; }

    /// <summary>The host that it ran on; null if it wasn't recorded.</summary>
    public string? HostName { get; init; }

    /// <summary>Its state at <see cref="LastSeen"/>; null if it wasn't recorded.</summary>
    public VmState? State { get; init; }

    /// <summary>Time of the latest sample, local; for a hypervisor, the time of the call.</summary>
    public DateTime? LastSeen => LastSeenUtc?.ToLocalTime();

    /// <summary><see cref="LastSeen"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? LastSeenUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Number of virtual CPUs.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory of the VM as set by the balloon, in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Where it was found: <c>store</c> or <c>hypervisor</c>.</summary>
    public string Source { get; init; } = "store";

    /// <summary>The URI of the hypervisor; null for a VM from a store.</summary>
    public string? HypervisorUri { get; init; }

    /// <summary>True for a VM of a simulated fleet.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>The name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
