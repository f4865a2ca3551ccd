using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Every parameter that takes pipeline input, tried with several values: none keeps the last one only.</summary>
[Collection(ModuleCollection.Name)]
public sealed class PipelineTests(PipelineTests.Fleet fleet) : IClassFixture<PipelineTests.Fleet>
{
    // Where a real server is needed: InfluxQueryCommandTests.
    private const string TriedElsewhere = "Invoke-InfluxQuery Query";

    /// <summary>Cmdlet and parameter; a script that pipes several values into it and gives a text of each answer; these texts.</summary>
    public static TheoryData<string, string, string[]> Cases => new()
    {
        { "Get-MonitoredVm Name", "'app01', 'cache*' | Get-MonitoredVm | ForEach-Object Name", ["app01", "cache01"] },
        { "Get-MonitoredVm Uuid", "Only Uuid | Get-MonitoredVm | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MonitoredVm HypervisorUri", "$uris | ForEach-Object { [pscustomobject]@{ HypervisorUri = $_ } } | Get-MonitoredVm -Name web01 | ForEach-Object HostName", ["sim-one-3", "sim-two-5"] },
        { "Get-VmTelemetry Name", "'app01', 'cache*' | Get-VmTelemetry | ForEach-Object Name", ["app01", "cache01"] },
        { "Get-VmTelemetry Uuid", "Only Uuid | Get-VmTelemetry | ForEach-Object Name", ["cache01", "web01"] },
        { "Measure-VmTelemetry Name", "'app01', 'cache*' | Measure-VmTelemetry -Metric Cpus | ForEach-Object Name", ["app01", "cache01"] },
        { "Measure-VmTelemetry Uuid", "Only Uuid | Measure-VmTelemetry -Metric Cpus | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-VmTelemetryMetric Name", "'CpuPerc*', 'DiskErrors' | Get-VmTelemetryMetric | ForEach-Object Name", ["CpuPercent", "DiskErrors"] },
        { "Get-VmTelemetryCollector Id", "1, 2 | Get-VmTelemetryCollector | ForEach-Object Id", ["1", "2"] },
        { "Get-VmTelemetryCollector Id", "Get-VmTelemetryCollector 1, 2 | Get-VmTelemetryCollector | ForEach-Object Id", ["1", "2"] },
        { "Start-VmTelemetryCollector HypervisorUri", "$uris | Start-VmTelemetryCollector -Count 1 -Wait | ForEach-Object HypervisorUri", ["sim://one?vms=4&seed=3&mem=0.125", "sim://two?vms=2&seed=5"] },
        { "Start-VmTelemetryCollector HypervisorUri", "Get-MonitoredVm -HypervisorUri $uris | Start-VmTelemetryCollector -Count 1 -Wait | ForEach-Object HypervisorUri", ["sim://one?vms=4&seed=3&mem=0.125", "sim://two?vms=2&seed=5"] },
        { "Stop-VmTelemetryCollector Id", "$ids = Start-VmTelemetryCollector -HypervisorUri $uris -Interval 1h | ForEach-Object Id; $ids | Stop-VmTelemetryCollector -PassThru | ForEach-Object State", ["Stopped", "Stopped"] },
        { "Stop-VmTelemetryCollector Id", "Start-VmTelemetryCollector -HypervisorUri $uris -Interval 1h | Stop-VmTelemetryCollector -PassThru | ForEach-Object State", ["Stopped", "Stopped"] },
        { "Disconnect-VmStats Connection", "$all = 1, 2 | ForEach-Object { Connect-VmStats -Path \"$folder/$_.db\" -PassThru }; $all | Disconnect-VmStats; $all | ForEach-Object { try { Get-MonitoredVm -Connection $_ } catch { $_.FullyQualifiedErrorId.Split(',')[0] } }", ["ConnectionClosed", "ConnectionClosed"] },
        { "Invoke-MemoryDump Name", "'web01', 'cache*' | Invoke-MemoryDump -HypervisorUri $uris[0] -Path $folder/more | ForEach-Object Name", ["cache01", "web01"] },
        { "Invoke-MemoryDump Uuid", "Only Uuid | Invoke-MemoryDump -HypervisorUri $uris[0] -Path $folder/more | ForEach-Object Name", ["cache01", "web01"] },
        { "Invoke-MemoryDump HypervisorUri", "Only Uuid, HypervisorUri | Invoke-MemoryDump -Path $folder/more | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpRecord Name", "'web01', 'cache*' | Get-MemoryDumpRecord | Where-Object Note -eq first | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpRecord Uuid", "Only Uuid | Get-MemoryDumpRecord | Where-Object Note -eq first | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpRecord Uuid", "$vms[1], 'w*' | Get-MemoryDumpRecord | Where-Object Note -eq first | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpRecord Uuid", "'cache01', $vms[0] | Get-MemoryDumpRecord | Where-Object Note -eq first | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpStats Name", "'web01', 'cache*' | Get-MemoryDumpStats -PerVm | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpStats Uuid", "Only Uuid | Get-MemoryDumpStats -PerVm | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpStatus Name", "'web01', 'cache*' | Get-MemoryDumpStatus | Where-Object DumpId -in $first | ForEach-Object Name", ["cache01", "web01"] },
        { "Get-MemoryDumpStatus Uuid", "Only Uuid | Get-MemoryDumpStatus | Where-Object DumpId -in $first | ForEach-Object Name", ["cache01", "web01"] },
        { "Test-MemoryDump Path", "$files | Test-MemoryDump -NoStore -Detailed | ForEach-Object { \"$($_.Name) $($_.IsValid)\" }", ["cache01 True", "web01 True"] },
        { "Test-MemoryDump Path", "Get-MemoryDumpRecord | Where-Object Note -eq first | Test-MemoryDump -Detailed | ForEach-Object { \"$($_.Name) $($_.IsValid)\" }", ["cache01 True", "web01 True"] },
        { "Expand-MemoryDump Path", "$files | Expand-MemoryDump -Force | ForEach-Object Name", ["cache01", "web01"] },
        { "Remove-MemoryDump Path", "Get-MemoryDumpRecord | Where-Object Note -eq first | Remove-MemoryDump -Hold -Confirm:$false | ForEach-Object Name", ["cache01", "web01"] },
        { "Remove-MemoryDump Path", "$files | ForEach-Object { [IO.FileInfo]$_ } | Remove-MemoryDump -Release -Confirm:$false | ForEach-Object Name", ["cache01", "web01"] },
        { "Stop-MemoryDump Name", "$null = Slow; 'db01', 'web*' | Stop-MemoryDump -PassThru | ForEach-Object { \"$($_.Name) $($_.State)\" }", ["db01 Cancelled", "web01 Cancelled"] },
        { "Stop-MemoryDump Uuid", "$null = Slow; Get-MonitoredVm db01, web01 -HypervisorUri $slow | Stop-MemoryDump -PassThru | ForEach-Object { \"$($_.Name) $($_.State)\" }", ["db01 Cancelled", "web01 Cancelled"] },
        { "Stop-MemoryDump DumpId", "$null = Slow; Get-MemoryDumpStatus -State Queued, Running | Stop-MemoryDump -PassThru | ForEach-Object { \"$($_.Name) $($_.State)\" }", ["db01 Cancelled", "web01 Cancelled"] },
    };

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Each_of_several_values_is_acted_on(string parameter, string script, string[] expected)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records records = fleet.Session.InvokeRecords($$"""
            # An object of these properties only, as Import-Csv would give it.
            function Only($names) { foreach ($vm in $vms) { $item = [ordered]@{}; foreach ($name in $names) { $item[$name] = $vm.$name }; [pscustomobject]$item } }
            $slow = 'sim://slow?vms=4&seed=3&dumprate=4'
            function Slow {
                $null = Invoke-MemoryDump db01, web01 -HypervisorUri $slow -Path $folder/slow -AsJob
                while (@(Get-MemoryDumpStatus -State Running).Count -lt 2) { [Threading.Thread]::Sleep(20) }
            }
            {{script}}
            """).NoErrors();
        Assert.Equal(expected, records.Output.Select(item => $"{item}").Order(StringComparer.Ordinal));
        Assert.Contains(parameter.Split(' ')[0], script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_parameter_that_takes_pipeline_input_is_tried() => Assert.Equal(
        fleet.Session.Invoke<CmdletInfo>("Get-Command -Module VmStats.PowerShell")
            .SelectMany(cmdlet => cmdlet.ParameterSets.SelectMany(set => set.Parameters)
                .Where(parameter => parameter.ValueFromPipeline || parameter.ValueFromPipelineByPropertyName)
                .Select(parameter => $"{cmdlet.Name} {parameter.Name}"))
            .Distinct().Order(StringComparer.Ordinal),
        Cases.Select(row => (string)row[0]).Append(TriedElsewhere).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("$vms | Get-VmTelemetry -Name web01")]
    [InlineData("$vms | Measure-VmTelemetry web01")]
    [InlineData("$vms | Get-MemoryDumpRecord web01")]
    [InlineData("$vms | Get-MemoryDumpStats web01")]
    [InlineData("$vms | Get-MemoryDumpStatus web01")]
    [InlineData("$vms | Invoke-MemoryDump web01 -Path $folder/none")]
    [InlineData("$vms | Stop-MemoryDump web01")]
    [InlineData("Get-MemoryDumpStatus | Stop-MemoryDump web01")]
    [InlineData("'web01' | Stop-MemoryDump -DumpId ([guid]::NewGuid())")]
    public void Vms_by_argument_and_pipeline_at_once_are_refused(string script)
    {
        Records records = fleet.Session.InvokeRecords(script);
        Assert.Empty(records.Output);
        Assert.Equal("VmsNamedTwice", records.SingleError.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Theory]
    [InlineData("Get-VmTelemetry")]
    [InlineData("Get-MemoryDumpRecord")]
    [InlineData("Get-MemoryDumpStatus")]
    [InlineData("Stop-MemoryDump")]
    public void An_object_that_names_no_vm_is_refused_and_its_text_is_no_name(string cmdlet)
    {
        // With a question mark in it, the text would be a wildcard that matches nothing.
        Records records = fleet.Session.InvokeRecords($"[pscustomobject]@{{ Foo = 'what?' }} | {cmdlet}");
        Assert.Empty(records.Output);
        Assert.Equal(ErrorCategory.InvalidArgument, records.SingleError.CategoryInfo.Category);
    }

    [SkippableFact]
    public void Several_dumps_are_not_expanded_to_one_file_one_over_the_other()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records records = fleet.Session.InvokeRecords("$files | Expand-MemoryDump -Destination $folder/one.elf -Force; $files[1] | Expand-MemoryDump -Destination $folder/one.elf -Force");
        Assert.StartsWith("DumpExpandTargetExists,", records.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        string[] files = [.. fleet.Session.Invoke<string>("$files")];
        Assert.Equal(files[1], records.SingleError.TargetObject);

        // By another command it may be replaced, as -Force says.
        Assert.Equal(files, records.Output.Select(item => $"{item.Properties["SourcePath"].Value}"));
    }

    /// <summary>A session with the telemetry of two fleets and two dumps; what is piped in is in variables.</summary>
    public sealed class Fleet : IDisposable
    {
        private readonly TempFolder _folder = new();

        public Fleet()
        {
            Session = new ModuleRunspace();
            Session.InvokeRecords($$"""
                $folder = '{{_folder.Path}}'
                $uris = 'sim://one?vms=4&seed=3&mem=0.125', 'sim://two?vms=2&seed=5'
                Connect-VmStats -Path $folder/t.db
                $null = $uris | Start-VmTelemetryCollector -Interval 20ms -Count 2 -Wait
                $vms = Get-MonitoredVm web01, cache01 -HypervisorUri $uris[0]
                """).NoErrors();
            if (OperatingSystem.IsLinux())
            {
                Session.InvokeRecords("""
                    $dumps = $vms | Invoke-MemoryDump -Path $folder/dumps -Note first
                    $first = $dumps | ForEach-Object DumpId
                    $files = $dumps | ForEach-Object Path
                    """).NoErrors();
            }
        }

        public ModuleRunspace Session { get; }

        public void Dispose()
        {
            Session.Dispose();
            _folder.Dispose();
        }
    }
}
