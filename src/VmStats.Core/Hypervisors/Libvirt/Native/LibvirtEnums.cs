namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>virDomainStatsTypes.</summary>
[Flags]
internal enum DomainStatsGroups : uint
{
    State = 1,
    CpuTotal = 2,
    Balloon = 4,
    Vcpu = 8,
    Interface = 16,
    Block = 32,
}

/// <summary>virConnectGetAllDomainStatsFlags.</summary>
[Flags]
internal enum DomainStatsFlags : uint
{
    /// <summary>Active and inactive domains.</summary>
    None = 0,

    /// <summary>Leaves out values that are only available after waiting for a job.</summary>
    NoWait = 1 << 29,
}

/// <summary>virDomainCoreDumpFlags.</summary>
[Flags]
internal enum CoreDumpFlags : uint
{
    Crash = 1,
    Live = 2,
    BypassCache = 4,
    Reset = 8,
    MemoryOnly = 16,
}

/// <summary>virTypedParameterType.</summary>
internal enum TypedParameterType
{
    Int = 1,
    UInt = 2,
    LongLong = 3,
    ULongLong = 4,
    Double = 5,
    Boolean = 6,
    String = 7,
}
