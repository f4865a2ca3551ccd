using System.Xml.Linq;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>
/// Reads a VM with one call per value, for drivers whose bulk call reports only the state (libvirt's test driver).
/// Values that the driver doesn't provide stay null. Such drivers answer from memory, so the calls cost almost nothing.
/// </summary>
internal static unsafe class FallbackReader
{
    private const int MemoryTags = 16;
    private const int CpuParameters = 16;

    public static VmStatistics Read(nint domain, VmInfo vm, long time)
    {
        (long? total, long? user, long? system) = ReadCpu(domain);
        XElement? devices = XElement.Parse(LibvirtStrings.ReadAndFree(LibvirtNative.GetXml(domain, 0)) ?? "<domain/>").Element("devices");
        return new VmStatistics
        {
            Vm = vm,
            Time = time,
            CpuTime = total,
            CpuUser = user,
            CpuSystem = system,
            Balloon = ReadBalloon(domain, vm),
            Nics = [.. Targets(devices, "interface").Select(nic => ReadNic(domain, nic)).OfType<NicStatistics>()],
            Disks = [.. Targets(devices, "disk").Select(disk => ReadDisk(domain, disk)).OfType<DiskStatistics>()],
        };
    }

    private static IEnumerable<string> Targets(XElement? devices, string kind) =>
        (devices?.Elements(kind) ?? [])
        .Select(device => device.Element("target")?.Attribute("dev")?.Value)
        .OfType<string>();

    private static (long? Total, long? User, long? System) ReadCpu(nint domain)
    {
        VirTypedParameter* parameters = stackalloc VirTypedParameter[CpuParameters];
        int count = LibvirtNative.GetCpuStats(domain, parameters, CpuParameters, -1, 1, 0);
        if (count < 0)
        {
            return LibvirtNative.GetInfo(domain, out VirDomainInfo info) == 0 ? ((long)info.CpuTime, null, null) : default;
        }

        (long? total, long? user, long? system) = (null, null, null);
        Span<char> buffer = stackalloc char[VirTypedParameter.FieldBytes];
        for (int i = 0; i < count; i++)
        {
            long? value = TypedParameters.Number(parameters + i);
            switch (TypedParameters.Name(parameters + i, buffer))
            {
                case "cpu_time":
                    total = value;
                    break;
                case "user_time":
                    user = value;
                    break;
                case "system_time":
                    system = value;
                    break;
            }
        }

        return (total, user, system);
    }

    private static BalloonStatistics ReadBalloon(nint domain, VmInfo vm)
    {
        BalloonStatistics balloon = new() { Current = vm.MemoryBytes >> 10, Maximum = vm.MaximumMemoryBytes >> 10 };
        VirDomainMemoryStat* stats = stackalloc VirDomainMemoryStat[MemoryTags];
        int count = LibvirtNative.MemoryStats(domain, stats, MemoryTags, 0);
        for (int i = 0; i < count; i++)
        {
            balloon = With(balloon, stats[i].Tag, stats[i].Value > long.MaxValue ? null : (long)stats[i].Value);
        }

        return balloon;
    }

    // virDomainMemoryStatTags
    private static BalloonStatistics With(BalloonStatistics balloon, int tag, long? value) => tag switch
    {
        0 => balloon with { SwapIn = value },
        1 => balloon with { SwapOut = value },
        2 => balloon with { MajorFault = value },
        3 => balloon with { MinorFault = value },
        4 => balloon with { Unused = value },
        5 => balloon with { Available = value },
        6 => balloon with { Current = value },
        7 => balloon with { Rss = value },
        8 => balloon with { Usable = value },
        9 => balloon with { LastUpdate = value },
        10 => balloon with { DiskCaches = value },
        _ => balloon,
    };

    private static NicStatistics? ReadNic(nint domain, string device)
    {
        nuint size = (nuint)sizeof(VirDomainInterfaceStats);
        return LibvirtNative.InterfaceStats(domain, device, out VirDomainInterfaceStats stats, size) != 0
            ? null
            : new NicStatistics(device)
            {
                RxBytes = TypedParameters.NullIfNegative(stats.RxBytes),
                RxPackets = TypedParameters.NullIfNegative(stats.RxPackets),
                RxErrors = TypedParameters.NullIfNegative(stats.RxErrors),
                RxDrops = TypedParameters.NullIfNegative(stats.RxDrops),
                TxBytes = TypedParameters.NullIfNegative(stats.TxBytes),
                TxPackets = TypedParameters.NullIfNegative(stats.TxPackets),
                TxErrors = TypedParameters.NullIfNegative(stats.TxErrors),
                TxDrops = TypedParameters.NullIfNegative(stats.TxDrops),
            };
    }

    private static DiskStatistics? ReadDisk(nint domain, string disk)
    {
        nuint size = (nuint)sizeof(VirDomainBlockStats);
        return LibvirtNative.BlockStats(domain, disk, out VirDomainBlockStats stats, size) != 0
            ? null
            : new DiskStatistics(disk)
            {
                ReadRequests = TypedParameters.NullIfNegative(stats.ReadRequests),
                ReadBytes = TypedParameters.NullIfNegative(stats.ReadBytes),
                WriteRequests = TypedParameters.NullIfNegative(stats.WriteRequests),
                WriteBytes = TypedParameters.NullIfNegative(stats.WriteBytes),
                Errors = TypedParameters.NullIfNegative(stats.Errors),
            };
    }
}
