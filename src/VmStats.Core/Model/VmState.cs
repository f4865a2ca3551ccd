namespace VmStats;

/// <summary>virDomainState: the state of a VM.</summary>
public enum VmState
{
    /// <summary>No state, or an unknown one.</summary>
    NoState = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Blocked on a resource (Xen).</summary>
    Blocked = 2,

    /// <summary>Paused.</summary>
    Paused = 3,

    /// <summary>Being shut down.</summary>
    ShuttingDown = 4,

    /// <summary>Off.</summary>
    ShutOff = 5,

    /// <summary>Crashed.</summary>
    Crashed = 6,

    /// <summary>Suspended by its guest's power management.</summary>
    PMSuspended = 7,
}
