namespace VmStats.Hypervisors.Simulated;

/// <summary>The counters of a simulated VM as a function of time.</summary>
internal static class SimulatedCounters
{
    // virDomainRunningReason, virDomainPausedReason, virDomainShutoffReason.
    private const int Booted = 1;
    private const int Unpaused = 5;
    private const int PausedByUser = 1;
    private const int ShutDown = 1;

    private const double CpuShare = 0.6;
    private const double AveragePacket = 640;
    private const double FlushesPerWrite = 0.08;

    /// <summary>Returns the data that the hypervisor has without asking the guest.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="phase">The phase of the VM's life at that time.</param>
    /// <param name="time">Seconds since the fleet's epoch.</param>
    /// <param name="fleetSize">The number of VMs, so that all ids are unique.</param>
    public static VmInfo Info(SimulatedVm vm, VmPhase phase, double time, int fleetSize)
    {
        (VmState state, int reason) = !phase.IsActive ? (VmState.ShutOff, ShutDown)
            : phase.IsPausedAt(time) ? (VmState.Paused, PausedByUser)
            : (VmState.Running, time >= phase.PauseEnd ? Unpaused : Booted);
        int? id = phase.IsActive ? (int)((phase.StartNumber & 0x7FFF) * fleetSize) + vm.Index + 1 : null;
        long memory = phase.IsActive ? BalloonKiB(vm, phase) << 10 : vm.MemoryBytes;
        return new VmInfo(vm.Name, vm.Uuid, id, state, reason, vm.Role.Cpus, vm.MemoryBytes, memory);
    }

    /// <summary>Returns all counters of a VM; for one that is off, only the balloon's configured sizes.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="info">The result of <see cref="Info"/>.</param>
    /// <param name="phase">The phase of the VM's life at that time.</param>
    /// <param name="time">Seconds since the fleet's epoch.</param>
    /// <param name="guestStart">The guest's last boot: the VM's start, or a later reset.</param>
    /// <param name="nanoseconds">The same time as <paramref name="time"/>, in UTC nanoseconds.</param>
    public static VmStatistics Statistics(
        SimulatedVm vm, VmInfo info, VmPhase phase, double time, double guestStart, long nanoseconds)
    {
        if (!phase.IsActive)
        {
            long size = vm.MemoryBytes >> 10;
            return new VmStatistics { Vm = info, Time = nanoseconds, Balloon = new() { Current = size, Maximum = size } };
        }

        double busy = phase.LoadIntegral(vm.Cpu, phase.Start, time) * vm.Role.Cpus;
        return new VmStatistics
        {
            Vm = info,
            Time = nanoseconds,
            CpuTime = Nanoseconds(busy),
            CpuUser = Nanoseconds(busy * 0.71),
            CpuSystem = Nanoseconds(busy * 0.27),
            VcpuDelay = Nanoseconds(busy * 0.02),
            VcpuWait = Nanoseconds(busy * 0.01),
            Balloon = Balloon(vm, phase, time, guestStart),
            Nics = [.. vm.Nics.Select(nic => Nic(vm, nic, phase, time)).OfType<NicStatistics>()],
            Disks = [.. vm.Disks.Select(disk => Disk(vm, disk, phase, time)).OfType<DiskStatistics>()],
        };
    }

    private static NicStatistics? Nic(SimulatedVm vm, SimulatedNic nic, VmPhase phase, double time)
    {
        if (nic.Plug.PluggedAt(time) is not double plugged)
        {
            return null;
        }

        double load = Load(vm, nic.Own, phase, Math.Max(plugged, phase.Start), time);
        return new NicStatistics(nic.Name)
        {
            RxBytes = (long)(load * nic.RxRate),
            RxPackets = (long)(load * nic.RxRate / AveragePacket),
            RxErrors = 0,
            RxDrops = (long)(load * nic.RxRate / AveragePacket * 1e-5),
            TxBytes = (long)(load * nic.TxRate),
            TxPackets = (long)(load * nic.TxRate / AveragePacket),
            TxErrors = 0,
            TxDrops = 0,
        };
    }

    private static DiskStatistics? Disk(SimulatedVm vm, SimulatedDisk disk, VmPhase phase, double time)
    {
        if (disk.Plug.PluggedAt(time) is not double plugged)
        {
            return null;
        }

        double from = Math.Max(plugged, phase.Start);
        double load = Load(vm, disk.Own, phase, from, time);
        double reads = load * disk.ReadRate;
        double writes = load * disk.WriteRate;

        // A request waits longer while the disk's own load is high, so its time depends more on the disk's load than its count does.
        double waiting = phase.LoadIntegral(disk.Own, from, time);
        long allocation = Allocation(vm, disk, time);
        return new DiskStatistics(disk.Name)
        {
            Path = disk.Path,
            ReadRequests = (long)reads,
            ReadBytes = (long)(reads * 28) * 512,
            ReadTime = Nanoseconds((reads * 0.0003) + (waiting * disk.ReadRate * 0.0002)),
            WriteRequests = (long)writes,
            WriteBytes = (long)(writes * 40) * 512,
            WriteTime = Nanoseconds((writes * 0.0008) + (waiting * disk.WriteRate * 0.0006)),
            FlushRequests = (long)(writes * FlushesPerWrite),
            FlushTime = Nanoseconds(writes * FlushesPerWrite * 0.004),
            Allocation = allocation,
            Capacity = disk.Capacity,
            Physical = allocation,
        };
    }

    private static BalloonStatistics Balloon(SimulatedVm vm, VmPhase phase, double time, double guestStart)
    {
        long current = BalloonKiB(vm, phase);
        double busy = phase.LoadIntegral(vm.Cpu, guestStart, time) * vm.Role.Cpus;
        double now = Math.Min(time, phase.IsPausedAt(time) ? phase.PauseStart : time);
        double warmth = 1 - Math.Exp(-(now - phase.Start) / 3_600);
        double used = 0.25 + (0.3 * warmth) + (0.35 * vm.Cpu.At(now));
        double available = current * 0.96;
        double caches = available * 0.2 * warmth;
        BalloonStatistics host = new()
        {
            Current = current,
            Maximum = vm.MemoryBytes >> 10,
            Rss = (long)(current * (0.4 + (0.5 * warmth))) + 24_000,
            LastUpdate = 0,
        };
        return !vm.HasBalloonDriver ? host : host with
        {
            Available = (long)available,
            Usable = (long)(available * (1 - used)),
            Unused = (long)Math.Max(0, (available * (1 - used)) - caches),
            DiskCaches = (long)caches,
            SwapIn = (long)(busy * 0.4),
            SwapOut = (long)(busy * 0.9),
            MajorFault = (long)(busy * 0.05) + 320,
            MinorFault = (long)(busy * 900) + 41_000,
            LastUpdate = (long)(SimulatedHypervisor.Epoch.ToUnixTimeSeconds() + Math.Floor(now)),
        };
    }

    // One VM in seven has been ballooned down.
    private static long BalloonKiB(SimulatedVm vm, VmPhase phase) =>
        (vm.MemoryBytes >> 10) * (vm.Index % 7 == 4 && phase.IsActive ? 3 : 4) / 4;

    private static long Allocation(SimulatedVm vm, SimulatedDisk disk, double time)
    {
        double filled = SeededHash.Between(vm.Seed, 40 + disk.Name[^1], 0.1, 0.4) + (0.5 * (1 - Math.Exp(-time / 5e8)));
        return (long)(disk.Capacity * filled) & ~0xFFFFL;
    }

    private static double Load(SimulatedVm vm, LoadCurve own, VmPhase phase, double from, double to) =>
        (CpuShare * phase.LoadIntegral(vm.Cpu, from, to)) + ((1 - CpuShare) * phase.LoadIntegral(own, from, to));

    private static long Nanoseconds(double seconds) => (long)(seconds * 1e9);
}
