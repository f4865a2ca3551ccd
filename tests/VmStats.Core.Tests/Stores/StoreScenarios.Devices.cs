using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry;
using VmStats.Text;

namespace VmStats.Core.Tests.Stores;

/// <content>Which devices there are.</content>
public abstract partial class StoreScenarios
{
    [SkippableFact]
    public async Task Devices_are_known_by_name_and_an_unknown_one_is_told_apart_from_a_silent_one()
    {
        PointShape disk = new("vm_devices", ["VMID", "name", "uuid", "devtype", "device"], ["wr_bytes"]);
        PointShape nic = new("vm_devices", ["VMID", "name", "uuid", "devtype", "device"], ["rxbytes"]);
        MonitoredVm db = new() { Name = "db", Uuid = Guid.Parse("11111111-2222-3333-4444-555555555555") };
        MonitoredVm web = new() { Name = "web", Uuid = Guid.Parse("99999999-2222-3333-4444-555555555555") };
        await using ITelemetryStore store = await OpenAsync();
        TelemetryReader reader = new(store);
        Assert.Empty(await reader.ListDeviceNamesAsync(null, default));

        await store.WriteAsync([Of(disk, db, "disk", "vda"), Of(nic, db, "nic", "vnet0"), Of(disk, web, "disk", "vda"), Of(disk, web, "disk", "sd [1]")], default);
        Assert.Equal(["sd [1]", "vda", "vnet0"], await reader.ListDeviceNamesAsync(null, default));
        Assert.Equal(["vda", "vnet0"], await reader.ListDeviceNamesAsync([db], default));

        NamePattern[] names = [.. new[] { "VDA", "vnet0", "vdz", "nosuch*" }.Select(name => new NamePattern(name))];
        VmStatsException unknown = Assert.Single(await reader.FindUnknownDevicesAsync(null, names, default));
        Assert.Equal(("DeviceNotFound", VmStatsErrorKind.NotFound, "vdz"), (unknown.ErrorId, unknown.Kind, unknown.Target));
        Assert.EndsWith("the devices are sd [1], vda, vnet0.", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(["vnet0", "vdz"], (await reader.FindUnknownDevicesAsync([web], names, default)).Select(error => error.Target));

        static Point Of(PointShape shape, MonitoredVm vm, string type, string device) =>
            new(shape, T0, ["1", vm.Name, $"{vm.Uuid}", type, device], [FieldValue.From(1L)]);
    }
}
