using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Hypervisors;

/// <summary>Looks at a fleet again and again, holds each look against the one before, and counts what happened.</summary>
internal sealed class FleetWatch
{
    private readonly List<double> _loads = [];
    private Dictionary<Guid, VmStatistics> _last = [];

    public int Restarts { get; private set; }

    public int Pauses { get; private set; }

    public int NicsCame { get; private set; }

    public int NicsWent { get; private set; }

    public int DisksCame { get; private set; }

    public int DisksWent { get; private set; }

    public double AverageLoad => _loads.Average();

    public double HighestLoad => _loads.Max();

    public void Look(IReadOnlyList<VmStatistics> vms)
    {
        Dictionary<Guid, VmStatistics> now = vms.ToDictionary(vm => vm.Vm.Uuid);
        foreach ((Guid uuid, VmStatistics before) in _last)
        {
            Compare(before, now[uuid]);
        }

        _last = now;
    }

    private void Compare(VmStatistics before, VmStatistics after)
    {
        if (before.Vm.Id is null || after.Vm.Id is null)
        {
            // It was started: what it has worked is less than the time since it was seen off.
            Assert.True(after.CpuTime is null || after.CpuTime <= (after.Time - before.Time) * after.Vm.Cpus);
            Restarts += after.Vm.Id is not null && before.Vm.Id is null ? 1 : 0;
            return;
        }

        Assert.Equal(before.Vm.Id, after.Vm.Id);
        double load = (double)(after.CpuTime! - before.CpuTime!).Value / (after.Time - before.Time) / after.Vm.Cpus;
        Assert.InRange(load, 0, 1);
        if (before.Vm.State == VmState.Paused && after.Vm.State == VmState.Paused)
        {
            Pauses++;
            Assert.Equal(0, load);
        }
        else if (before.Vm.State == VmState.Running && after.Vm.State == VmState.Running)
        {
            Assert.True(load > 0, $"{after.Vm.Name} does nothing");
            _loads.Add(load);
        }

        Grows(after, Counters(before), Counters(after));
        CompareDevices(before, after);
    }

    private void CompareDevices(VmStatistics before, VmStatistics after)
    {
        foreach (NicStatistics nic in after.Nics)
        {
            if (before.Nics.SingleOrDefault(other => other.Name == nic.Name) is NicStatistics last)
            {
                Grows(after, Counters(last), Counters(nic));
            }
            else
            {
                NicsCame++;
            }
        }

        foreach (DiskStatistics disk in after.Disks)
        {
            if (before.Disks.SingleOrDefault(other => other.Name == disk.Name) is DiskStatistics last)
            {
                Grows(after, Counters(last), Counters(disk));
            }
            else
            {
                DisksCame++;
            }
        }

        NicsWent += before.Nics.Count(nic => after.Nics.All(other => other.Name != nic.Name));
        DisksWent += before.Disks.Count(disk => after.Disks.All(other => other.Name != disk.Name));
    }

    private static void Grows(VmStatistics vm, long?[] before, long?[] after) => Assert.All(before.Zip(after), pair =>
        Assert.True(pair.First is null == pair.Second is null && !(pair.Second < pair.First), $"a counter of {vm.Vm.Name} went back"));

    private static long?[] Counters(VmStatistics vm) =>
    [
        vm.CpuTime, vm.CpuUser, vm.CpuSystem, vm.VcpuDelay, vm.VcpuWait, vm.Balloon.SwapIn, vm.Balloon.SwapOut,
        vm.Balloon.MajorFault, vm.Balloon.MinorFault, vm.Balloon.LastUpdate,
    ];

    private static long?[] Counters(NicStatistics nic) =>
    [
        nic.RxBytes, nic.RxPackets, nic.RxErrors, nic.RxDrops, nic.TxBytes, nic.TxPackets, nic.TxErrors, nic.TxDrops,
    ];

    private static long?[] Counters(DiskStatistics disk) =>
    [
        disk.ReadRequests, disk.ReadBytes, disk.ReadTime, disk.WriteRequests, disk.WriteBytes, disk.WriteTime,
        disk.FlushRequests, disk.FlushTime, disk.Allocation,
    ];
}
