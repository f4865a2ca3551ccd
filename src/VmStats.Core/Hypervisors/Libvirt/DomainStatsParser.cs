using System.Globalization;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Parses the parameters of one domain's record (<c>virsh domstats</c>) into the values of <see cref="VmStatistics"/>.</summary>
internal sealed class DomainStatsParser
{
    private readonly SortedDictionary<int, NicCounters> _nics = [];
    private readonly SortedDictionary<int, DiskCounters> _disks = [];
    private readonly BalloonCounters _balloon = new();

    public VmState State { get; private set; }

    public int StateReason { get; private set; }

    /// <summary>True when the record had more than the state; some drivers report only that group.</summary>
    public bool HasMoreThanState { get; private set; }

    public long? Cpus { get; private set; }

    public long? CpuTime { get; private set; }

    public long? CpuUser { get; private set; }

    public long? CpuSystem { get; private set; }

    public long? VcpuDelay { get; private set; }

    public long? VcpuWait { get; private set; }

    public BalloonCounters Balloon => _balloon;

    public IReadOnlyList<NicStatistics> Nics => [.. _nics.Values.Select(nic => nic.Build()).OfType<NicStatistics>()];

    public IReadOnlyList<DiskStatistics> Disks => [.. _disks.Values.Select(disk => disk.Build()).OfType<DiskStatistics>()];

    public unsafe void Read(VirTypedParameter* parameters, int count)
    {
        Span<char> buffer = stackalloc char[VirTypedParameter.FieldBytes];
        for (int i = 0; i < count; i++)
        {
            VirTypedParameter* parameter = parameters + i;
            ReadOnlySpan<char> name = TypedParameters.Name(parameter, buffer);
            int dot = name.IndexOf('.');
            if (dot > 0)
            {
                Apply(name[..dot], name[(dot + 1)..], parameter);
            }
        }
    }

    private unsafe void Apply(ReadOnlySpan<char> group, ReadOnlySpan<char> field, VirTypedParameter* parameter)
    {
        long? value = TypedParameters.Number(parameter);
        HasMoreThanState |= group is not "state";
        switch (group)
        {
            case "state":
                ApplyState(field, (int)(value ?? 0));
                break;
            case "cpu":
                ApplyCpu(field, value);
                break;
            case "balloon":
                _balloon.Apply(field, value);
                break;
            case "vcpu":
                ApplyVcpu(field, value);
                break;
            case "net" when Indexed(field, out int nic, out ReadOnlySpan<char> of):
                Get(_nics, nic).Apply(of, value, TypedParameters.Text(parameter));
                break;
            case "block" when Indexed(field, out int disk, out ReadOnlySpan<char> of):
                Get(_disks, disk).Apply(of, value, TypedParameters.Text(parameter));
                break;
        }
    }

    private void ApplyState(ReadOnlySpan<char> field, int value)
    {
        switch (field)
        {
            case "state":
                State = Enum.IsDefined((VmState)value) ? (VmState)value : VmState.NoState;
                break;
            case "reason":
                StateReason = value;
                break;
        }
    }

    private void ApplyCpu(ReadOnlySpan<char> field, long? value)
    {
        switch (field)
        {
            case "time":
                CpuTime = value;
                break;
            case "user":
                CpuUser = value;
                break;
            case "system":
                CpuSystem = value;
                break;
        }
    }

    private void ApplyVcpu(ReadOnlySpan<char> field, long? value)
    {
        if (field is "current")
        {
            Cpus = value;
        }
        else if (Indexed(field, out _, out ReadOnlySpan<char> of))
        {
            switch (of)
            {
                case "delay":
                    VcpuDelay = (VcpuDelay ?? 0) + value;
                    break;
                case "wait":
                    VcpuWait = (VcpuWait ?? 0) + value;
                    break;
            }
        }
    }

    private static T Get<T>(SortedDictionary<int, T> items, int index)
        where T : new()
    {
        if (!items.TryGetValue(index, out T? item))
        {
            items[index] = item = new T();
        }

        return item;
    }

    // "3.rd.bytes" is field "rd.bytes" of number 3; "count" has no number.
    private static bool Indexed(ReadOnlySpan<char> field, out int index, out ReadOnlySpan<char> rest)
    {
        int dot = field.IndexOf('.');
        rest = field[(dot + 1)..];
        index = 0;
        return dot > 0 && int.TryParse(field[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }
}
