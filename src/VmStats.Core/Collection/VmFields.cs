using VmStats.Hypervisors;
using VmStats.Points;

namespace VmStats.Collection;

/// <summary>The fields of a point in <c>vm_totals</c>: the original's 27 with their names and units, and additional ones.</summary>
internal static class VmFields
{
    private static readonly (string Name, Func<VmStatistics, long?> Read)[] s_counters =
    [
        ("net_rxbytes", vm => Sum(vm.Nics, nic => nic.RxBytes)),
        ("net_rxpackets", vm => Sum(vm.Nics, nic => nic.RxPackets)),
        ("net_rxerrors", vm => Sum(vm.Nics, nic => nic.RxErrors)),
        ("net_rxdrops", vm => Sum(vm.Nics, nic => nic.RxDrops)),
        ("net_txbytes", vm => Sum(vm.Nics, nic => nic.TxBytes)),
        ("net_txpackets", vm => Sum(vm.Nics, nic => nic.TxPackets)),
        ("net_txerrors", vm => Sum(vm.Nics, nic => nic.TxErrors)),
        ("net_txdrops", vm => Sum(vm.Nics, nic => nic.TxDrops)),
        ("disk_rd_req", vm => Sum(vm.Disks, disk => disk.ReadRequests)),
        ("disk_rd_bytes", vm => Sum(vm.Disks, disk => disk.ReadBytes)),
        ("disk_wr_reqs", vm => Sum(vm.Disks, disk => disk.WriteRequests)),
        ("disk_wr_bytes", vm => Sum(vm.Disks, disk => disk.WriteBytes)),
        ("disk_errors", vm => Sum(vm.Disks, disk => disk.Errors)),
        ("memactual", vm => vm.Balloon.Current),
        ("memrss", vm => vm.Balloon.Rss),
        ("memavailable", vm => vm.Balloon.Available),
        ("memusable", vm => vm.Balloon.Usable),
        ("memdisk_cache", vm => vm.Balloon.DiskCaches),
        ("memswap_in", vm => vm.Balloon.SwapIn),
        ("memswap_out", vm => vm.Balloon.SwapOut),
        ("memmajor_fault", vm => vm.Balloon.MajorFault),
        ("memminor_fault", vm => vm.Balloon.MinorFault),
        ("timeusr", vm => vm.CpuUser),
        ("timesys", vm => vm.CpuSystem),
        ("cputime", vm => vm.CpuTime),
        ("memmaximum", vm => vm.Balloon.Maximum),
        ("memunused", vm => vm.Balloon.Unused),
        (TagVocabulary.BalloonUpdateColumn, vm => vm.Balloon.LastUpdate is > 0 and long update ? update : null),
        ("vcpu_wait", vm => vm.VcpuWait),
        ("vcpu_delay", vm => vm.VcpuDelay),
    ];

    private static readonly int s_cpus = s_counters.Length;
    private static readonly int s_state = s_cpus + 1;
    private static readonly int s_stateReason = s_cpus + 2;
    private static readonly int s_partial = s_cpus + 3;
    private static readonly int s_host = s_cpus + 4;

    /// <summary>The field names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. s_counters.Select(counter => counter.Name),
        "cpus", TagVocabulary.StateColumn, TagVocabulary.StateReasonColumn, TagVocabulary.PartialColumn, TagVocabulary.HostColumn,
    ];

    /// <summary>Returns the field values of a running VM.</summary>
    public static FieldValue[] Of(VmStatistics vm, string? host)
    {
        FieldValue[] fields = OfInactive(vm, host);
        for (int i = 0; i < s_counters.Length; i++)
        {
            fields[i] = FieldValue.From(s_counters[i].Read(vm));
        }

        return fields;
    }

    /// <summary>Returns the field values of a VM that is off: its state and configuration, without counters.</summary>
    public static FieldValue[] OfInactive(VmStatistics vm, string? host)
    {
        FieldValue[] fields = new FieldValue[Names.Count];
        fields[s_cpus] = FieldValue.From((long)vm.Vm.Cpus);
        fields[s_state] = FieldValue.From((long)vm.Vm.State);
        fields[s_stateReason] = FieldValue.From((long)vm.Vm.StateReason);
        fields[s_partial] = vm.IsPartial ? FieldValue.From(true) : FieldValue.Null;
        fields[s_host] = FieldValue.From(host);
        return fields;
    }

    // Sums the reported values; absent if there are none. A value of -1 also means "not reported" in libvirt.
    private static long? Sum<T>(IReadOnlyList<T> parts, Func<T, long?> read)
    {
        long? sum = null;
        foreach (T part in parts)
        {
            if (read(part) is >= 0 and long value)
            {
                sum = (sum ?? 0) + value;
            }
        }

        return sum;
    }
}
