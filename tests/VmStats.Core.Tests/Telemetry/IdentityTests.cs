using System.Globalization;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;
using VmStats.Text;
using static VmStats.Core.Tests.Telemetry.TelemetryTable;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>Which rows are of one VM: by UUID, in either vocabulary of tags, and by name only where there is no UUID.</summary>
public sealed class IdentityTests : AsyncTest
{
    private readonly TelemetryTable _table = new();

    public override ValueTask DisposeAsync() => _table.DisposeAsync();

    [Theory]
    [InlineData("VMID=7,name=web,uuid=" + Web)]
    [InlineData("VMID=7,UUID=" + Web + ",Dom=web")]
    public async Task Either_vocabulary_is_read(string tags)
    {
        await _table.WriteAsync(0, tags, ("net_rxbytes", 0));
        await _table.WriteAsync(10, tags, ("net_rxbytes", 50));
        foreach (MonitoredVm[] vms in new MonitoredVm[][] { [], [Vm(Web, "whatever")] })
        {
            VmTelemetry latest = Assert.Single(await _table.LatestAsync(vms));
            Assert.Equal(("web", Guid.Parse(Web), "7", 5.0), (latest.Name, latest.Uuid, latest.VmId, latest.NetRxBytesPerSecond));
        }

        Assert.Equal(2, (await _table.RangeAsync(null, null, [Vm(Web, "whatever")])).Count);
    }

    [Fact]
    public async Task Two_writers_with_two_vocabularies_make_one_series_of_a_vm()
    {
        await _table.WriteAsync(0, "VMID=7,name=web,uuid=" + Web, ("net_rxbytes", 0));
        await _table.WriteAsync(10, "VMID=7,UUID=" + Web + ",Dom=web", ("net_rxbytes", 50));
        await _table.WriteAsync(20, "VMID=7,name=web,uuid=" + Web, ("net_rxbytes", 70));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal(("web", 2.0, TimeSpan.FromSeconds(10)), (latest.Name, latest.NetRxBytesPerSecond, latest.Interval));
        Assert.Equal([null, 5.0, 2.0], (await _table.RangeAsync()).Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal([null, 5.0, 2.0], (await _table.RangeAsync(vms: [Vm(Web, "web")])).Select(sample => sample.NetRxBytesPerSecond));
        Assert.Single(await _table.Reader.ListVmsAsync(default));
    }

    [Fact]
    public async Task A_renamed_vm_is_one_vm_under_its_latest_name()
    {
        await _table.WriteAsync(0, "VMID=7,name=old,uuid=" + Web, ("net_rxbytes", 0), ("cpus", 2), ("memactual", 4), ("state", 1));
        await _table.WriteAsync(10, "VMID=7,name=new,uuid=" + Web, ("net_rxbytes", 50), ("cpus", 4), ("memactual", 8), ("state", 3));
        MonitoredVm vm = Assert.Single(await _table.Reader.ListVmsAsync(default));
        Assert.Equal(("new", 4, 8_192L, VmState.Paused), (vm.Name, vm.Cpus, vm.MemoryBytes, vm.State));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync(vm));
        Assert.Equal(("new", 5.0), (latest.Name, latest.NetRxBytesPerSecond));
    }

    [Fact]
    public async Task Rows_without_a_uuid_are_never_counted_to_a_vm_that_has_one()
    {
        await _table.WriteAsync(0, "VMID=7,name=web,uuid=" + Web, ("net_rxbytes", 10));
        await _table.WriteAsync(10, "VMID=9,name=web", ("net_rxbytes", 99));
        await _table.WriteAsync(20, "VMID=9,name=web", ("net_rxbytes", 199));
        IReadOnlyList<MonitoredVm> vms = await _table.Reader.ListVmsAsync(default);
        Assert.Equal([null, Guid.Parse(Web)], vms.Select(vm => vm.Uuid));
        Assert.All(vms, vm => Assert.Equal("web", vm.Name));
        Assert.Equal([10L], (await _table.RangeAsync(vms: [vms[1]])).Select(sample => sample.NetRxBytes));
        Assert.Equal([99L, 199L], (await _table.RangeAsync(vms: [vms[0]])).Select(sample => sample.NetRxBytes));
        Assert.Equal(10.0, Assert.Single(await _table.LatestAsync(vms[0])).NetRxBytesPerSecond);
        Assert.Equal(2, (await _table.LatestAsync(vms[0], vms[1])).Count);
    }

    [Fact]
    public async Task Two_vms_of_one_name_stay_two()
    {
        await _table.WriteAsync(0, "VMID=7,name=web,uuid=" + Web, ("net_rxbytes", 10));
        await _table.WriteAsync(10, "VMID=8,name=web,uuid=" + Db, ("net_rxbytes", 99));
        List<VmTelemetry> latest = await _table.LatestAsync();
        Assert.Equal([Guid.Parse(Web), Guid.Parse(Db)], latest.Select(sample => sample.Uuid));
        Assert.All(latest, sample => Assert.Null(sample.NetRxBytesPerSecond));
        VmResolution both = await _table.Reader.ResolveAsync(["web"], default);
        Assert.Contains(Web, Assert.Single(both.Errors).Message, StringComparison.Ordinal);
        Assert.Empty(both.Vms);
    }

    [Fact]
    public async Task Devices_have_rates_of_their_own_and_filters_by_kind_and_name()
    {
        string web = ",VMID=7,name=web,uuid=" + Web;
        foreach (int second in new[] { 0, 10 })
        {
            await _table.WriteDeviceAsync(second, "devtype=nic,device=vnet0" + web, ("rxbytes", second * 10));
            await _table.WriteDeviceAsync(second, "devtype=nic,device=vnet1" + web, ("rxbytes", second * 20));

            // A disk that is named as a NIC is another series.
            await _table.WriteDeviceAsync(second, "devtype=disk,device=vnet0" + web, ("rd_req", second), ("rd_times", second * 4_000_000L), ("wr_reqs", 0), ("wr_times", 0));
        }

        Assert.Equal(
            ["disk vnet0 - 1", "nic vnet0 10 -", "nic vnet1 20 -"],
            (await LatestAsync(new DeviceFilter())).Select(Line));
        Assert.Equal(["nic vnet1 20 -"], (await LatestAsync(new DeviceFilter("nic", [new NamePattern("*1")]))).Select(Line));
        VmDeviceTelemetry disk = Assert.Single(await LatestAsync(new DeviceFilter("disk")));
        Assert.Equal((4.0, null), (disk.ReadLatencyMilliseconds, disk.WriteLatencyMilliseconds));
        List<VmDeviceTelemetry> range = await ListAsync(
            _table.Reader.GetDeviceRangeAsync(
                new SeriesRequest(DeviceMetrics.Set, [Vm(Web, "web")], Devices: new DeviceFilter("nic")), default, default));
        Assert.Equal(["nic vnet0 - -", "nic vnet1 - -", "nic vnet0 10 -", "nic vnet1 20 -"], range.Select(Line));
        Assert.Empty(await LatestAsync(new DeviceFilter(), Vm(Db, "db")));

        static string Line(VmDeviceTelemetry device) =>
            $"{device.DeviceType} {device.Device} {Rate(device.RxBytesPerSecond)} {Rate(device.ReadRequestsPerSecond)}";

        static string Rate(double? rate) => rate?.ToString(CultureInfo.InvariantCulture) ?? "-";
    }

    private Task<List<VmDeviceTelemetry>> LatestAsync(DeviceFilter filter, params MonitoredVm[] vms) =>
        ListAsync(_table.Reader.GetLatestDevicesAsync(
            new SeriesRequest(DeviceMetrics.Set, vms.Length == 0 ? null : vms, Devices: filter), default));
}
