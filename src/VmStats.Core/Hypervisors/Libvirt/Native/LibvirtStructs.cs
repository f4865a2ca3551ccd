using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>virError, up to the last member that is read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirError
{
    public int Code;
    public int Domain;
    public nint Message;
    public int Level;
    public nint Connection;
    public nint DomainPointer;
    public nint String1;
    public nint String2;
    public nint String3;

    /// <summary>The errno of a system error.</summary>
    public int Int1;
    public int Int2;
    public nint Network;
}

/// <summary>virTypedParameter: a name in 80 bytes, a type, a value in 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirTypedParameter
{
    public const int FieldBytes = 80;

    public fixed byte Field[FieldBytes];
    public TypedParameterType Type;
    public ulong Value;
}

/// <summary>virDomainStatsRecord.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirDomainStatsRecord
{
    public nint Domain;
    public VirTypedParameter* Parameters;
    public int Count;
}

/// <summary>virDomainInfo; memory in KiB, CPU time in ns.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainInfo
{
    public byte State;
    public CULong MaximumMemory;
    public CULong Memory;
    public ushort Cpus;
    public ulong CpuTime;
}

/// <summary>virDomainMemoryStatStruct.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainMemoryStat
{
    public int Tag;
    public ulong Value;
}

/// <summary>virDomainBlockStatsStruct; -1 means unknown.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainBlockStats
{
    public long ReadRequests;
    public long ReadBytes;
    public long WriteRequests;
    public long WriteBytes;
    public long Errors;
}

/// <summary>virDomainInterfaceStatsStruct; -1 means unknown.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainInterfaceStats
{
    public long RxBytes;
    public long RxPackets;
    public long RxErrors;
    public long RxDrops;
    public long TxBytes;
    public long TxPackets;
    public long TxErrors;
    public long TxDrops;
}
