using System.Buffers.Binary;
using System.Globalization;

namespace VmStats.Hypervisors.Simulated;

/// <summary>The constant properties of a simulated VM, all derived from the fleet's seed and the VM's index.</summary>
internal sealed class SimulatedVm
{
    private const double DriverShare = 0.85;

    private SimulatedVm(ulong seed, int index, VmRole role, string name, double memoryFactor)
    {
        Seed = seed;
        Index = index;
        Role = role;
        Name = name;
        Uuid = MakeUuid(seed);
        MemoryBytes = Math.Max(1, (long)(role.MemoryMiB * memoryFactor)) << 20;
        Timeline = new VmTimeline(SeededHash.Bits(seed, 2), HabitOf(index), pauses: index % 8 == 3);
        HasBalloonDriver = index < 2 || SeededHash.Unit(seed, 3) < DriverShare;
        double phase = SeededHash.Between(seed, 4, 3.0, 4.5);
        Cpu = new LoadCurve(SeededHash.Bits(seed, 5), role.Load * SeededHash.Between(seed, 6, 0.6, 1.1), phase);
        Nics = [.. MakeNics(seed, index, role, phase)];
        Disks = [.. MakeDisks(seed, index, name, role, phase)];
    }

    public ulong Seed { get; }

    public int Index { get; }

    public VmRole Role { get; }

    public string Name { get; }

    public Guid Uuid { get; }

    public long MemoryBytes { get; }

    public VmTimeline Timeline { get; }

    public bool HasBalloonDriver { get; }

    public LoadCurve Cpu { get; }

    public IReadOnlyList<SimulatedNic> Nics { get; }

    public IReadOnlyList<SimulatedDisk> Disks { get; }

    /// <summary>Creates the VMs of a fleet, in order of name.</summary>
    public static SimulatedVm[] MakeFleet(SimulatedFleetOptions options)
    {
        int digits = Math.Max(2, (options.Vms / 4).ToString(CultureInfo.InvariantCulture).Length);
        Dictionary<VmRole, int> counts = [];
        SimulatedVm[] vms = new SimulatedVm[options.Vms];
        for (int index = 0; index < vms.Length; index++)
        {
            VmRole role = VmRole.Of(index);
            int number = counts[role] = counts.GetValueOrDefault(role) + 1;
            string name = role.Name + number.ToString("D" + digits, CultureInfo.InvariantCulture);
            vms[index] = new(SeededHash.Bits((ulong)options.Seed, index), index, role, name, options.MemoryFactor);
        }

        Array.Sort(vms, (x, y) => string.CompareOrdinal(x.Name, y.Name));
        return vms;
    }

    private static RestartPattern HabitOf(int index) => (index % 8, index % 4) switch
    {
        (6, _) => RestartPattern.NeverRunning,
        (_, 3) => RestartPattern.Frequent,
        _ => RestartPattern.Infrequent,
    };

    // In the format of a random UUID (version 4).
    private static Guid MakeUuid(ulong seed)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, SeededHash.Bits(seed, 7));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], SeededHash.Bits(seed, 8));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static IEnumerable<SimulatedNic> MakeNics(ulong seed, int index, VmRole role, double phase)
    {
        string device = "vnet" + (index * 2).ToString(CultureInfo.InvariantCulture);
        yield return new(device, new(SeededHash.Bits(seed, 20), 0.15, phase), role.RxRate, role.TxRate, HotPlug.None);
        if (index % 5 == 2)
        {
            string second = "vnet" + ((index * 2) + 1).ToString(CultureInfo.InvariantCulture);
            LoadCurve curve = new(SeededHash.Bits(seed, 21), 0.1, phase);
            yield return new(second, curve, role.RxRate / 4, role.TxRate / 4, new HotPlug(SeededHash.Bits(seed, 22)));
        }
    }

    private static IEnumerable<SimulatedDisk> MakeDisks(ulong seed, int index, string name, VmRole role, double phase)
    {
        string folder = "/var/lib/libvirt/images/" + name;
        LoadCurve curve = new(SeededHash.Bits(seed, 30), 0.12, phase);
        yield return new("vda", folder + ".qcow2", 20L << 30, curve, role.ReadRate, role.WriteRate, HotPlug.None);
        if (role.Name is "db" or "log" or "build")
        {
            LoadCurve data = new(SeededHash.Bits(seed, 31), 0.2, phase);
            yield return new("vdb", folder + "-data.qcow2", 200L << 30, data, role.ReadRate, role.WriteRate, HotPlug.None);
        }

        if (index % 5 == 4)
        {
            LoadCurve extra = new(SeededHash.Bits(seed, 32), 0.1, phase);
            HotPlug plug = new(SeededHash.Bits(seed, 33));
            yield return new("vdc", folder + "-backup.raw", 8L << 30, extra, 20, 200, plug);
        }
    }
}
