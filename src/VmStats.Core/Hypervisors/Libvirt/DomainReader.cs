using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Reads domains. All methods block the calling thread.</summary>
internal static unsafe class DomainReader
{
    private const DomainStatsGroups AllGroups = DomainStatsGroups.State | DomainStatsGroups.CpuTotal | DomainStatsGroups.Balloon
        | DomainStatsGroups.Vcpu | DomainStatsGroups.Interface | DomainStatsGroups.Block;

    /// <summary>Lists all domains, active or not. Doesn't query QEMU, so a stuck one can't delay it.</summary>
    public static List<VmInfo> List(OpenedConnection connection) =>
        ReadAll(connection, DomainStatsGroups.State, static (domain, parser) => Info(domain, parser));

    /// <summary>Reads the counters of all domains by one bulk call.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="readClock">Returns the current time in UTC nanoseconds.</param>
    public static List<VmStatistics> Statistics(OpenedConnection connection, Func<long> readClock)
    {
        long start = readClock();
        long time = 0;
        return ReadAll(connection, AllGroups, (domain, parser) =>
        {
            // The daemon reads one domain after another: the middle of the call is the best single time for all of them.
            time = time == 0 ? start + ((readClock() - start) / 2) : time;
            return Statistics(domain, parser, time);
        });
    }

    private static List<T> ReadAll<T>(
        OpenedConnection connection, DomainStatsGroups groups, Func<nint, DomainStatsParser, T> read)
    {
        int count = LibvirtException.Check(LibvirtNative.GetAllDomainStats(
            connection.Handle, groups, out VirDomainStatsRecord** records, DomainStatsFlags.NoWait));
        try
        {
            List<T> all = new(count);
            for (int i = 0; i < count; i++)
            {
                DomainStatsParser parser = new();
                parser.Read(records[i]->Parameters, records[i]->Count);
                try
                {
                    all.Add(read(records[i]->Domain, parser));
                }
                catch (LibvirtException e) when (e.Error.Code == LibvirtErrorCode.NoDomain)
                {
                    // Undefined since the bulk call, so it is left out.
                }
            }

            return all;
        }
        finally
        {
            LibvirtNative.FreeStatsRecords(records);
        }
    }

    private static VmStatistics Statistics(nint domain, DomainStatsParser parser, long time)
    {
        VmInfo vm = Info(domain, parser);
        bool isActive = vm.Id is not null;
        if (isActive && !parser.HasMoreThanState)
        {
            return FallbackReader.Read(domain, vm, time);
        }

        BalloonStatistics balloon = parser.Balloon.Build();
        return new VmStatistics
        {
            Vm = vm,
            Time = time,
            IsPartial = isActive && balloon.Rss is null,

            // For an inactive domain, QEMU's driver reports the daemon's own CPU time.
            CpuTime = isActive ? parser.CpuTime : null,
            CpuUser = isActive ? parser.CpuUser : null,
            CpuSystem = isActive ? parser.CpuSystem : null,
            VcpuDelay = parser.VcpuDelay,
            VcpuWait = parser.VcpuWait,
            Balloon = balloon,
            Nics = parser.Nics,
            Disks = parser.Disks,
        };
    }

    private static VmInfo Info(nint domain, DomainStatsParser parser)
    {
        byte* uuid = stackalloc byte[LibvirtNative.UuidBytes];
        LibvirtException.Check(LibvirtNative.GetUuid(domain, uuid));
        BalloonStatistics balloon = parser.Balloon.Build();
        bool isActive = parser.State is not (VmState.ShutOff or VmState.NoState);
        uint id = LibvirtNative.GetId(domain);
        VmInfo info = new(
            LibvirtStrings.Read(LibvirtNative.GetName(domain)),
            new Guid(new ReadOnlySpan<byte>(uuid, LibvirtNative.UuidBytes), bigEndian: true),
            isActive && id != uint.MaxValue ? (int)id : null,
            parser.State,
            parser.StateReason,
            (int)(parser.Cpus ?? 0),
            Bytes(balloon.Maximum) ?? 0,
            Bytes(balloon.Current));
        return parser.Cpus is not null && balloon.Maximum is not null ? info : Complete(domain, info);
    }

    private static VmInfo Complete(nint domain, VmInfo info)
    {
        LibvirtException.Check(LibvirtNative.GetInfo(domain, out VirDomainInfo native));
        return info with
        {
            Cpus = native.Cpus,
            MaximumMemoryBytes = Bytes(native.MaximumMemory.Value) ?? 0,
            MemoryBytes = Bytes(native.Memory.Value),
        };
    }

    // libvirt's numbers are unsigned: one that is too large for a number of bytes counts as unknown.
    private static long? Bytes(long? kibibytes) => kibibytes is >= 0 and long known ? Bytes((ulong)known) : null;

    private static long? Bytes(ulong kibibytes) => kibibytes > long.MaxValue >> 10 ? null : (long)kibibytes << 10;
}
