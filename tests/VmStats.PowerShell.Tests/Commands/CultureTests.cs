using System.Globalization;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>The cmdlets where a comma is the decimal point: what is typed and computed is the same, what is shown is the user's.</summary>
[Collection(ModuleCollection.Name)]
public sealed class CultureTests(CollectedFleet fleet) : IClassFixture<CollectedFleet>
{
    private const string German = "[cultureinfo]::CurrentCulture = [cultureinfo]::CurrentUICulture = [cultureinfo]'de-DE'; ";

    private const string Samples = """
        Get-VmTelemetry -Last 2.5h | ForEach-Object {
            "$($_.Name) $($_.TimeUtc.Ticks) $($_.CpuPercent) $($_.NetRxBytesPerSecond) $($_.Interval.Ticks)"
        }
        """;

    [SkippableFact]
    public void Values_are_the_same_under_a_decimal_comma()
    {
        RequireIcu();
        IReadOnlyList<string> expected = fleet.Session.Invoke<string>(Samples);
        Assert.Contains(expected, line => line.Contains('.', StringComparison.Ordinal));
        Assert.Equal(expected, fleet.Session.Invoke<string>(German + Samples));
        Assert.Equal(
            fleet.Session.Invoke<string>("Get-VmTelemetry | ForEach-Object { \"$($_.Name) $($_.CpuPercent)\" }"),
            fleet.Session.Invoke<string>(German + "Get-VmTelemetry | ForEach-Object { \"$($_.Name) $($_.CpuPercent)\" }"));
    }

    [SkippableTheory]
    [InlineData("Get-VmTelemetry -Last 1.5h")]
    [InlineData("Get-VmTelemetry -Last 1h -Interval 0.5m -Metric CpuPercent")]
    [InlineData("Start-VmTelemetryCollector -Interval 0.5s -WhatIf")]
    [InlineData("Connect-VmStats -Path ([IO.Path]::Combine($env:XDG_DATA_HOME, 'c.db')) -RetentionPeriod 1.5d -HypervisorUri 'sim://fleet?mem=0.5&history=1.5h&speed=2.5' -PassThru")]
    public void Durations_and_numbers_are_typed_with_a_point(string command)
    {
        RequireIcu();
        fleet.Session.InvokeRecords(German + command).NoErrors();
    }

    [SkippableFact]
    public void The_view_shows_numbers_as_the_user_writes_them()
    {
        RequireIcu();
        string invariant = fleet.Session.InvokeText("[cultureinfo]::CurrentCulture = [cultureinfo]::InvariantCulture; Get-VmTelemetry");
        string german = fleet.Session.InvokeText(German + "Get-VmTelemetry");
        Assert.Matches(@"\d\.\d", invariant);
        Assert.Matches(@"\d,\d", german);
    }

    private static void RequireIcu() =>
        Skip.If(CultureInfo.GetCultureInfo("de-DE").NumberFormat.NumberDecimalSeparator != ",", "ICU isn't there.");
}
