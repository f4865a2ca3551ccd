using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Collection;

/// <summary>
/// Turns what a hypervisor reports into points of <c>vm_totals</c> and <c>vm_devices</c>, in the original's names and
/// units and in our tag vocabulary; <see cref="PointConformer"/> fits them to what a table already has.
/// </summary>
internal sealed class TelemetryPointFactory
{
    private readonly string? _host;
    private readonly string? _simulated;
    private readonly PointShape _totals;
    private readonly PointShape _nics;
    private readonly PointShape _disks;

    /// <summary>Makes points of a host.</summary>
    /// <param name="hostName">The host's name, kept with every point of a VM.</param>
    /// <param name="isSimulated">Marks all points as simulated.</param>
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

    /// <summary>Adds the points of a VM: one for it, one for each NIC and disk. A VM that is off has only its state.</summary>
    public void Add(VmStatistics vm, List<Point> points)
    {
        // What libvirt says of an inactive VM's CPU is the daemon's own use of it.
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
