using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>libvirt's functions: statistics.</summary>
internal static unsafe partial class LibvirtNative
{
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectGetAllDomainStats")]
    public static partial int GetAllDomainStats(
        ConnectHandle connection, DomainStatsGroups groups, out VirDomainStatsRecord** records, DomainStatsFlags flags);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainStatsRecordListFree")]
    public static partial void FreeStatsRecords(VirDomainStatsRecord** records);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainMemoryStats")]
    public static partial int MemoryStats(nint domain, VirDomainMemoryStat* stats, uint count, uint flags);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainBlockStats", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BlockStats(nint domain, string disk, out VirDomainBlockStats stats, nuint size);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainInterfaceStats", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InterfaceStats(nint domain, string device, out VirDomainInterfaceStats stats, nuint size);

    /// <summary>With a start of -1 and one CPU: the totals. Returns the number of parameters.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetCPUStats")]
    public static partial int GetCpuStats(
        nint domain, VirTypedParameter* parameters, uint count, int startCpu, uint cpus, uint flags);
}
