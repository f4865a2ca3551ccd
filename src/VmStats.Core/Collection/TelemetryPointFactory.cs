using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Collection;

/// <summary>
/// Converts a hypervisor's statistics to points of <c>vm_totals</c> and <c>vm_devices</c>, with the original's field names
/// and units and this module's tag names; <see cref="PointConformer"/> adapts them to the columns of an existing table.
/// </summary>
internal sealed class TelemetryPointFactory
{
    private readonly string? _host;
    private readonly string? _simulated;
    private readonly PointShape _totals;
    private readonly PointShape _nics;
    private readonly PointShape _disks;

    /// <summary>Creates a factory for the points of one host.</summary>
    /// <param name="hostName">The host's name, stored with every point.</param>
    /// <param name="isSimulated">True to mark all points as simulated.</param>
    public TelemetryPointFactory(string? hostName, bool isSimulated)
    {
        _host = string.IsNullOrEmpty(hostName) ? null : hostName;
        _simulated = isSimulated ? "true" : null;
        string[] vm = [TagVocabulary.VmIdColumn, TagVocabulary.NameColumns[0], TagVocabulary.UuidColumns[0]];
        string[] mark = isSimulated ? [TagVocabulary.SimulatedColumn] : [];
        string[] device = [TagVocabulary.DeviceTypeColumn, TagVocabulary.DeviceColumn];
        _totals = new PointShape(Measurements.VmTotals, [.. vm, .. mark], VmFields.Names);
        _nics = new PointShape(Measurements.VmDevices, [.. vm, .. device, .. mark], NicFields.Names);
        _disks = new PointShape(Measurements.VmDevices, [.. vm, .. device, .. mark], DiskFields.Names);
    }

    /// <summary>Adds the points of a VM: one for the VM, and one for each NIC and disk. For a VM that is off, only its state is stored.</summary>
    public void Add(VmStatistics vm, List<Point> points)
    {
        // For an inactive VM, libvirt reports the CPU time of its own daemon.
        bool isActive = vm.Vm.Id is not null;
        points.Add(new Point(_totals, vm.Time, Tags(vm.Vm), isActive ? VmFields.Of(vm, _host) : VmFields.OfInactive(vm, _host)));
        if (!isActive)
        {
            return;
        }

        foreach (NicStatistics nic in vm.Nics)
        {
            points.Add(new Point(_nics, vm.Time, Tags(vm.Vm, "nic", nic.Name), NicFields.Of(nic, _host)));
        }

        foreach (DiskStatistics disk in vm.Disks)
        {
            points.Add(new Point(_disks, vm.Time, Tags(vm.Vm, "disk", disk.Name), DiskFields.Of(disk, _host)));
        }
    }

    private string?[] Tags(VmInfo vm, params ReadOnlySpan<string> device)
    {
        string?[] tags = new string?[3 + device.Length + (_simulated is null ? 0 : 1)];
        tags[0] = vm.Id?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        tags[1] = vm.Name;
        tags[2] = vm.Uuid.ToString("D");
        device.CopyTo(tags.AsSpan(3)!);
        if (_simulated is not null)
        {
            tags[^1] = _simulated;
        }

        return tags;
    }
}
