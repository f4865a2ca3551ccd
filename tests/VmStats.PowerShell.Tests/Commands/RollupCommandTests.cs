using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

[Collection(ModuleCollection.Name)]
public sealed class RollupCommandTests(CollectedFleet fleet) : IClassFixture<CollectedFleet>
{
    private ModuleRunspace Session => fleet.Session;

    [Fact]
    public void Buckets_are_what_their_samples_say()
    {
        PSObject[] samples = [.. Session.Invoke("Get-VmTelemetry db01 -Last 2h")];
        PSObject[] buckets = [.. Session.Invoke("Get-VmTelemetry db01 -Last 2h -Interval 1m -Rollup Maximum -Metric CpuPercent, MemoryRssBytes")];
        var expected = samples.GroupBy(one => Minute(Get<DateTime>(one, "Time"))).Select(group =>
            (group.Key, Count: group.Count(), Cpu: group.Max(one => (double?)one.Properties["CpuPercent"].Value), Rss: group.Max(one => (long?)one.Properties["MemoryRssBytes"].Value)));
        Assert.Equal(expected, buckets.Select(one =>
            (Get<DateTime>(one, "Time"), Get<int>(one, "SampleCount"), (double?)one.Properties["CpuPercent"].Value, (long?)one.Properties["MemoryRssBytes"].Value)));
        Assert.All(buckets, one => Assert.Equal(("Maximum", null), ($"{one.Properties["Rollup"].Value}", one.Properties["DiskWriteBytesPerSecond"].Value)));
    }

    [Theory]
    [InlineData("-Interval Auto", 30)]
    [InlineData("-Rollup P95", 30)]
    [InlineData("-Fill Previous -Interval 00:05:00", 300)]
    public void The_width_of_buckets_is_chosen_or_given(string arguments, int seconds)
    {
        foreach (string range in new[] { "-Start 59m", "-Last 1h", "" })
        {
            IReadOnlyList<PSObject> buckets = Session.Invoke($"Get-VmTelemetry {range} {arguments} -Metric CpuPercent");
            Assert.NotEmpty(buckets);
            Assert.All(buckets, one => Assert.Equal(TimeSpan.FromSeconds(seconds), one.Properties["Interval"].Value));
        }
    }

    [Fact]
    public void The_long_form_has_a_row_per_metric_with_its_unit()
    {
        PSObject[] rows = [.. Session.Invoke("Get-VmTelemetry db01 -As Sample -Metric Cpu*Percent, MemoryRssBytes")];
        Assert.Equal(["CpuPercent", "CpuSystemPercent", "CpuUserPercent", "MemoryRssBytes"], rows.Select(row => Get<string>(row, "Metric")).Order());
        PSObject wide = Assert.Single(Session.Invoke("Get-VmTelemetry db01"));
        Assert.Equal(
            [(wide.Properties["CpuPercent"].Value, "%"), (Convert.ToDouble(wide.Properties["MemoryRssBytes"].Value, null), "bytes")],
            rows.Where(row => Get<string>(row, "Metric") is "CpuPercent" or "MemoryRssBytes").Select(row => (row.Properties["Value"].Value, Get<string>(row, "Unit"))));
        Assert.All(
            Session.Invoke("Get-VmTelemetry db01 -DeviceName vd* -As Sample -Metric WriteBytes"),
            row => Assert.StartsWith("vd", Get<string>(row, "Instance"), StringComparison.Ordinal));
    }

    [Fact]
    public void The_top_are_the_greatest_in_order()
    {
        PSObject[] all = [.. Session.Invoke("Get-VmTelemetry").Where(one => one.Properties["CpuPercent"].Value is double).OrderByDescending(one => Get<double>(one, "CpuPercent"))];
        Assert.Equal(all.Take(3).Select(Name), Session.Invoke("Get-VmTelemetry -Top 3").Select(Name));
        PSObject[] byWrites = [.. Session.Invoke("Get-VmTelemetry -OrderBy DiskWriteBytes -Metric CpuPercent")];
        Assert.Equal(byWrites.OrderByDescending(one => Convert.ToInt64(one.Properties["DiskWriteBytes"].Value, null)).Select(Name), byWrites.Select(Name));
        Assert.Equal(2, Session.Invoke("Get-VmTelemetry -Last 2h -Top 2 -Interval 10m -Metric CpuPercent").Select(Name).Distinct().Count());
        Assert.Equal("OrderByMissing", Id(Session.InvokeRecords("Get-VmTelemetry -Device -Top 2")));
        Assert.Equal("MetricAmbiguous", Id(Session.InvokeRecords("Get-VmTelemetry -OrderBy Cpu*")));
        Assert.Equal("MetricNotFound", Id(Session.InvokeRecords("Get-VmTelemetry -Metric CpuPercentage")));
        Assert.Contains("'CpuPercent' describes a Vm, not a Nic or Disk.", $"{Session.InvokeRecords("Get-VmTelemetry -Device -Metric CpuPercent").SingleError}", StringComparison.Ordinal);
        Assert.Contains("'RxBytes' describes a Nic, not a Vm.", $"{Session.InvokeRecords("Get-VmTelemetry -Metric rxbytes").SingleError}", StringComparison.Ordinal);
        Assert.Empty(Session.Invoke("Get-VmTelemetry -Metric nosuch*"));
        Assert.Equal(2, Session.Invoke("Get-VmTelemetry -Device -Top 2 -OrderBy WriteBytesPerSecond").Count);
    }

    [Fact]
    public void Measures_are_those_of_the_samples()
    {
        double[] values = [.. Session.Invoke("Get-VmTelemetry db01 -Last 2h").Select(one => one.Properties["CpuPercent"].Value).OfType<double>().Order()];
        PSObject one = Assert.Single(Session.Invoke("Get-MonitoredVm db01 | Measure-VmTelemetry -Last 2h -Metric CpuPercent"));
        Assert.Equal((long)values.Length, one.Properties["Count"].Value);
        Assert.Equal(
            [values[0], values[^1], Rank(50), Rank(90), Rank(95), Rank(99)],
            new[] { "Minimum", "Maximum", "P50", "P90", "P95", "P99" }.Select(property => Get<double>(one, property)));
        Assert.Equal(values.Average(), Get<double>(one, "Average"), 9);
        double Rank(int percent) => values[(int)Math.Ceiling(percent / 100.0 * values.Length) - 1];
        Assert.Equal(
            Session.Invoke("Get-VmTelemetry -Last 2h").Where(sample => sample.Properties["CpuPercent"].Value is not null).Select(Name).Distinct().Order(),
            Session.Invoke("Measure-VmTelemetry -Last 2h -Metric Cpu*").Where(row => Get<string>(row, "Metric") == "CpuPercent").Select(Name).Order());
        Assert.Contains(Session.Invoke("Measure-VmTelemetry -Device -Last 2h"), row => Get<string>(row, "Metric") == "WriteLatencyMilliseconds");
    }

    [Theory]
    [InlineData("Measure-VmTelemetry -Last 2h", "Maximum", @"\d[KM]\s")]
    [InlineData("Measure-VmTelemetry -Last 2h -Device", "Maximum", @"\bvda\s+ReadBytesPerSecond")]
    [InlineData("Measure-VmTelemetry -Last 2h -Metric CpuTimeNanoseconds", "Maximum", @"\ds\s")]
    [InlineData("Get-VmTelemetry -As Sample -Metric *BytesPerSecond", "bytes/s", @"\d[KM] bytes/s")]
    public void Narrow_tables_show_all_columns_uncut(string command, string column, string pattern)
    {
        using ModuleRunspace narrow = new(width: 80);
        narrow.InvokeRecords($"Connect-VmStats -Path '{fleet.Folder}/t.db'").NoErrors();
        string text = narrow.InvokeText(command);
        Assert.Contains(column, text, StringComparison.Ordinal);
        Assert.Matches(pattern, text);
        Assert.DoesNotContain("…", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_store_has_no_raw_language()
    {
        ErrorRecord error = Session.InvokeRecords("Invoke-InfluxQuery 'SELECT 1'").SingleError;
        Assert.StartsWith("QueryLanguageNotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
    }

    [Fact]
    public void Metrics_and_intervals_complete()
    {
        Assert.Contains("CpuPercent", Session.Complete("Get-VmTelemetry -Metric CpuP"));
        Assert.Contains("WriteBytes", Session.Complete("Get-VmTelemetry -Device -Metric WriteB"));
        Assert.Contains("Auto", Session.Complete("Get-VmTelemetry -Last 1h -Interval A"));
        Assert.Contains("P95", Session.Complete("Get-VmTelemetry -Last 1h -Rollup P9"));
    }

    private static DateTime Minute(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMinute));

    private static string Name(PSObject one) => Get<string>(one, "Name");

    private static string Id(Records records) => records.SingleError.FullyQualifiedErrorId.Split(',')[0];

    private static T Get<T>(PSObject source, string property) => Assert.IsType<T>(source.Properties[property].Value);
}
