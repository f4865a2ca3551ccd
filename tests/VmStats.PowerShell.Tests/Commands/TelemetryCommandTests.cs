using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

[Collection(ModuleCollection.Name)]
public sealed class TelemetryCommandTests(CollectedFleet fleet) : IClassFixture<CollectedFleet>
{
    private ModuleRunspace Session => fleet.Session;

    [Fact]
    public void The_collector_says_what_it_did()
    {
        PSObject status = Assert.Single(fleet.Collected.Output);
        Assert.Equal(60L, Get<long>(status, "Polls"));
        Assert.Equal(8, Get<int>(status, "VmsMonitored"));
        Assert.Equal("Stopped", $"{status.Properties["State"].Value}");
        Assert.Equal(Get<long>(status, "PointsCollected"), Get<long>(status, "PointsWritten"));
        Assert.Equal(0L, Get<long>(status, "PointsDropped") + Get<long>(status, "PointsSpooled") + Get<long>(status, "Errors"));
        Assert.NotEmpty(fleet.Collected.Progress);
        Assert.Single(Session.Invoke("Get-VmTelemetryCollector"));
        Assert.Single(Session.Invoke("1 | Get-VmTelemetryCollector"));
        Assert.Equal(["1"], Session.Complete("Stop-VmTelemetryCollector "));
    }

    [Fact]
    public void A_store_that_is_away_is_warned_of_and_the_points_wait_for_it()
    {
        using ModuleRunspace session = new();
        session.InvokeRecords("Connect-VmStats http://127.0.0.1:1 vms -Api V1 -NoProbe -HypervisorUri 'sim://fleet?vms=2&seed=1'").NoErrors();
        Records run = session.InvokeRecords("Start-VmTelemetryCollector -Count 1 -Wait").NoErrors();
        Assert.Contains("127.0.0.1:1", Assert.Single(run.Warnings), StringComparison.Ordinal);
        PSObject status = Assert.Single(run.Output);
        Assert.True(Get<long>(status, "PointsSpooled") > 0);
        Assert.Equal((0L, 0L), (Get<long>(status, "PointsWritten"), Get<long>(status, "PointsDropped")));
        Assert.Single(Directory.GetFiles(session.DataFolder, "*.segment", SearchOption.AllDirectories));
    }

    [Fact]
    public void Every_vm_has_one_latest_sample_with_rates()
    {
        IReadOnlyList<PSObject> latest = Session.InvokeRecords("Get-VmTelemetry").NoErrors().Output;
        Assert.Equal(8, latest.Count);
        Assert.All(latest, one => Assert.IsType<DateTime>(one.Properties["Time"].Value));
        PSObject[] running = [.. latest.Where(one => $"{one.Properties["State"].Value}" == "Running")];

        // Some VMs of the fleet restart by the clock, and disks come and go: what just did has no rate yet.
        Assert.True(running.Count(one => one.Properties["CpuPercent"].Value is not null) > running.Length / 2);
        Assert.True(running.Count(one => one.Properties["DiskWriteBytesPerSecond"].Value is not null) > running.Length / 2);
        Assert.All(running, one =>
        {
            Assert.InRange((double?)one.Properties["CpuPercent"].Value ?? 0, 0, 100.5);
            Assert.True(((double?)one.Properties["DiskWriteBytesPerSecond"].Value ?? 0) >= 0);
            Assert.True(Get<long>(one, "MemoryRssBytes") > 1 << 20);
            Assert.Null(one.Properties["DiskErrors"].Value);
        });
    }

    [Fact]
    public void A_piped_vm_is_known_by_its_uuid_alone()
    {
        PSObject vm = Session.Invoke("Get-MonitoredVm")[0];
        object uuid = vm.Properties["Uuid"].Value;
        IReadOnlyList<PSObject> samples = Session.InvokeRecords($"Get-MonitoredVm '{vm.Properties["Name"].Value}' | Get-VmTelemetry -Last 2h").NoErrors().Output;
        Assert.Equal(60, samples.Count);
        Assert.All(samples, sample => Assert.Equal(uuid, sample.Properties["Uuid"].Value));
        DateTime[] times = samples.Select(sample => Get<DateTime>(sample, "Time")).ToArray();
        Assert.Equal(times.Order(), times);
        IReadOnlyList<PSObject> byUuid = Session.InvokeRecords($"[pscustomobject]@{{ Uuid = '{uuid}'; Name = 'quite another' }} | Get-VmTelemetry").NoErrors().Output;
        Assert.Equal(uuid, Assert.Single(byUuid).Properties["Uuid"].Value);
    }

    [Fact]
    public void Ranges_take_durations_and_times_and_include_the_start_only()
    {
        PSObject[] all = [.. Session.InvokeRecords("Get-VmTelemetry -Last 2h").NoErrors().Output];
        DateTime[] times = all.Select(one => Get<DateTime>(one, "Time")).Distinct().Order().ToArray();
        Records between = Session.InvokeRecords(
            "param($From, $To) Get-VmTelemetry -Start $From -Finish $To", new Dictionary<string, object> { ["From"] = times[10], ["To"] = times[20] }).NoErrors();
        Assert.Equal(times[10..20], between.Output.Select(one => Get<DateTime>(one, "Time")).Distinct().Order());
        Assert.Empty(Session.InvokeRecords("Get-VmTelemetry -Start 7d -Finish 6d").NoErrors().Output);
        Assert.Equal(all.Length, Session.Invoke("Get-VmTelemetry -Last 1d").Count);
        Assert.Equal(all.Length, Session.Invoke("Get-VmTelemetry -Last 36500d").Count);
        Assert.Equal(all.Length, Session.Invoke("Get-VmTelemetry -Start ([datetime]::MinValue) -Finish ([datetimeoffset]::MaxValue)").Count);
    }

    [Fact]
    public void Devices_have_counters_and_rates_of_their_kind()
    {
        IReadOnlyList<PSObject> devices = Session.InvokeRecords("Get-VmTelemetry -Device").NoErrors().Output;
        Assert.Contains(devices, one => Equals(one.Properties["DeviceType"].Value, "disk") && one.Properties["WriteBytesPerSecond"].Value is double);
        Assert.Contains(devices, one => Equals(one.Properties["DeviceType"].Value, "nic") && one.Properties["RxBytesPerSecond"].Value is double && one.Properties["WriteBytes"].Value is null);
        Assert.All(Session.Invoke("Get-VmTelemetry -DeviceName vd*"), one => Assert.Equal("disk", one.Properties["DeviceType"].Value));
    }

    [Theory]
    [InlineData("Get-VmTelemetry nosuch", "VmNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-MonitoredVm nosuch", "VmNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-MonitoredVm -Live nosuch", "VmNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-VmTelemetry \"x' OR '1'='1`n,; DROP TABLE vm_totals\"", "VmNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-VmTelemetry -Start 1h -Finish 2h", "RangeIsEmpty", ErrorCategory.InvalidArgument)]
    [InlineData("Stop-VmTelemetryCollector 99", "CollectorNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-VmTelemetryMetric NoSuchMetric", "MetricNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-MonitoredVm db01 | Get-VmTelemetry -Name web01", "VmsNamedTwice", ErrorCategory.InvalidArgument)]
    [InlineData("Get-MonitoredVm db01 | Get-MonitoredVm web01", "VmsNamedTwice", ErrorCategory.InvalidArgument)]
    [InlineData("Get-VmTelemetry -Last 999999d", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Last ([timespan]::MaxValue)", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Start 999999d", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Start ([timespan]::MaxValue)", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Connection $null", "ParameterArgumentValidationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Last 5", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Get-VmTelemetry -Start yesterday", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    public void What_is_wrong_is_one_error_with_a_stable_id(string script, string id, ErrorCategory category)
    {
        Records records = Session.InvokeRecords(script);
        Assert.Empty(records.Output);
        ErrorRecord error = records.SingleError;
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        if (!id.StartsWith("Parameter", StringComparison.Ordinal))
        {
            Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
        }
    }

    [Fact]
    public void An_unknown_name_does_not_keep_the_known_ones_back()
    {
        Records records = Session.InvokeRecords("Get-VmTelemetry db01, nosuch, web*");
        Assert.Equal("nosuch", records.SingleError.TargetObject);
        Assert.Equal($"There is no VM 'nosuch' in {fleet.Folder}/t.db.", records.SingleError.Exception.Message);
        Assert.True(records.Output.Count >= 2);
    }

    [Theory]
    [InlineData("Get-VmTelemetry -DeviceName nosuch, vda", "There is no device 'nosuch'")]
    [InlineData("Get-VmTelemetry db01 -DeviceName nosuch, vda -Last 2h", "The VM 'db01' has no device 'nosuch'")]
    [InlineData("Get-VmTelemetry db* -DeviceName nosuch, vda -Last 2h -Interval 10m", "device 'nosuch'")]
    [InlineData("Get-VmTelemetry -DeviceName nosuch, vda -Top 1 -OrderBy WriteBytes -As Sample", "There is no device 'nosuch'")]
    public void An_unknown_device_is_an_error_that_names_those_that_there_are(string script, string message)
    {
        Records records = Session.InvokeRecords(script);
        ErrorRecord error = records.SingleError;
        Assert.StartsWith("DeviceNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal((ErrorCategory.ObjectNotFound, "nosuch"), (error.CategoryInfo.Category, error.TargetObject));
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("vda", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("vnet", error.Exception.Message, StringComparison.Ordinal);
        Assert.NotEmpty(records.Output);
    }

    [Theory]
    [InlineData("Get-VmTelemetry -DeviceName nosuch*")]
    [InlineData("Get-VmTelemetry -DeviceName vda -Start 9d -Finish 8d")]
    [InlineData("Get-VmTelemetry nosuch*")]
    [InlineData("Get-MonitoredVm nosuch* | Get-VmTelemetry")]
    [InlineData("Get-MonitoredVm nosuch* | Get-VmTelemetry -Last 2h")]
    public void What_matches_nothing_is_silence_and_not_everything(string script)
    {
        Records records = Session.InvokeRecords(script).NoErrors();
        Assert.Empty(records.Output);
        Assert.Empty(records.Warnings);
    }

    [Fact]
    public void A_loop_that_breaks_ends_the_query_without_an_error()
    {
        Records records = Session.InvokeRecords("foreach ($i in 1) { Get-VmTelemetry -Last 2h | ForEach-Object { $_; break } }").NoErrors();
        Assert.Single(records.Output);
        Assert.Equal(8, Session.Invoke("Get-VmTelemetry").Count);
    }

    [Fact]
    public void Ctrl_C_ends_a_waiting_collector_at_once_and_in_order()
    {
        using TempFolder folder = new();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats -Path '{folder.Path}/t.db' -HypervisorUri 'sim://other?vms=2'").NoErrors();
        using RunningPipeline pipeline = session.BeginInvoke("Start-VmTelemetryCollector -Interval 100ms -Wait");
        pipeline.WaitUntil(running => Regex.IsMatch(running.LastProgress?.StatusDescription ?? "", "[1-9][0-9]* points written"));
        Records records = pipeline.Stop();
        Assert.True(records.Stopped);
        PSObject status = Assert.Single(session.Invoke("Get-VmTelemetryCollector"));
        Assert.Equal("Stopped", $"{status.Properties["State"].Value}");
        Assert.True(Get<long>(status, "PointsWritten") > 0);
        Assert.Equal(Get<long>(status, "PointsCollected"), Get<long>(status, "PointsWritten"));
    }

    [Theory]
    [InlineData("Connect-VmStats -Path '{0}/two.db'")]
    [InlineData("Disconnect-VmStats")]
    public void A_collector_keeps_its_store_when_the_session_connects_elsewhere(string change)
    {
        using TempFolder folder = new();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats -Path '{folder.Path}/one.db'").NoErrors();
        PSObject status = CollectOver(session, string.Format(CultureInfo.InvariantCulture, change, folder.Path));
        Assert.Contains("one.db", $"{status.Properties["Store"].Value}", StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_collector_keeps_its_server_when_the_session_connects_elsewhere()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await InfluxServer.StartAsync();
        string database = await server.CreateDatabaseAsync();
        using TempFolder folder = new();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} {database}").NoErrors();
        CollectOver(session, $"Connect-VmStats -Path '{folder.Path}/two.db'");
    }

    [Fact]
    public void A_name_that_two_vms_bear_is_an_error_that_lists_them()
    {
        using TempFolder folder = new();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats -Path '{folder.Path}/t.db'").NoErrors();
        session.InvokeRecords("1, 2 | ForEach-Object { Start-VmTelemetryCollector -HypervisorUri \"sim://host${_}?vms=3&seed=${_}\" -Count 1 -Wait }").NoErrors();
        ErrorRecord error = session.InvokeRecords("Get-VmTelemetry db01").SingleError;
        Assert.StartsWith("AmbiguousVm,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(error.Exception.Message, "[0-9a-f]{8}-[0-9a-f]{4}-"));
        Assert.Equal(2, session.InvokeRecords("Get-VmTelemetry db0[1]").NoErrors().Output.Count);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void The_table_shows_units_and_fits(int width)
    {
        using ModuleRunspace narrow = new(width: width);
        narrow.InvokeRecords($"Connect-VmStats -Path '{fleet.Folder}/t.db'").NoErrors();
        string text = narrow.InvokeText("Get-VmTelemetry");
        Assert.Contains("CPU%", text, StringComparison.Ordinal);
        Assert.Contains("NetRx/s", text, StringComparison.Ordinal);
        Assert.Matches(@"\d+\.\d[KM]\b", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
    }

    [Fact]
    public void Names_and_metrics_complete()
    {
        Assert.Contains("db01", Session.Complete("Get-VmTelemetry d"));
        Assert.Contains("DiskWriteBytes", Session.Complete("Get-VmTelemetryMetric DiskWr"));
        Assert.Contains("1h", Session.Complete("Get-VmTelemetry -Last "));
        Assert.Contains("vda", Session.Complete("Get-VmTelemetry db01 -DeviceName v"));
        string[] ofOne = [.. Session.Complete("Get-VmTelemetry db01 -DeviceName ")];
        Assert.Subset(Session.Complete("Get-VmTelemetry -DeviceName ").ToHashSet(), ofOne.ToHashSet());
        Assert.True(ofOne.Length < Session.Complete("Get-VmTelemetry -DeviceName ").Count);
    }

    [Fact]
    public void Public_types_resolve_right_after_import()
    {
        using ModuleRunspace fresh = new();
        Assert.Equal("VmStats.VmTelemetry", Assert.Single(fresh.Invoke<string>("[VmStats.VmTelemetry].FullName")));
        Assert.Equal([true], Session.Invoke<bool>("(Get-VmTelemetry db01) -is [VmStats.VmTelemetry]"));
    }

    [Fact]
    public void Every_metric_of_the_catalogue_is_a_property_with_its_unit()
    {
        IReadOnlyList<PSObject> metrics = Session.InvokeRecords("Get-VmTelemetryMetric -AppliesTo Vm").NoErrors().Output;
        PSObject sample = Session.Invoke("Get-VmTelemetry")[0];
        Assert.True(metrics.Count > 40);
        Assert.All(metrics, metric =>
        {
            Assert.NotNull(sample.Properties[(string)metric.Properties["Name"].Value]);
            Assert.NotEmpty((string)metric.Properties["Unit"].Value);
        });
    }

    /// <summary>Collects in the background, changes the session's connection, and gives the status after some polls more: nothing failed, all is written.</summary>
    private static PSObject CollectOver(ModuleRunspace session, string change)
    {
        session.InvokeRecords("Start-VmTelemetryCollector -HypervisorUri 'sim://other?vms=2' -Interval 100ms").NoErrors();
        session.InvokeRecords(change).NoErrors();
        session.InvokeRecords("$seen = (Get-VmTelemetryCollector).Polls; while ((Get-VmTelemetryCollector).Polls -lt $seen + 3) { [Threading.Thread]::Sleep(20) }").NoErrors();
        PSObject status = Assert.Single(session.Invoke("Get-VmTelemetryCollector | Stop-VmTelemetryCollector -PassThru"));
        Assert.Null(status.Properties["LastError"].Value);
        Assert.Equal(Get<long>(status, "PointsCollected"), Get<long>(status, "PointsWritten"));
        return status;
    }

    private static T Get<T>(PSObject source, string property) => Assert.IsType<T>(source.Properties[property].Value);
}
