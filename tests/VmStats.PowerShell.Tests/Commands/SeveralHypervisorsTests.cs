using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Several hypervisors, by argument and down the pipeline: each is asked, and one that fails keeps no other.</summary>
[Collection(ModuleCollection.Name)]
public sealed class SeveralHypervisorsTests : IDisposable
{
    // VMs of the same names and other identities, in fleets of the same roles.
    private const string One = "sim://one?vms=4&seed=3";
    private const string Two = "sim://two?vms=4&seed=5";
    private const string Bad = "sim://bad?vms=many";

    private static readonly string[] s_both = [One, Two];

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    [Theory]
    [InlineData("Get-MonitoredVm -HypervisorUri $One, $Two")]
    [InlineData("Get-MonitoredVm -HypervisorUri $One, $Two, $One -Live")]
    [InlineData("Get-MonitoredVm * -LibvirtUri $One, $Two")]
    [InlineData("Of $One, $Two | Get-MonitoredVm -Live")]
    [InlineData("Of $One, $Two | Get-MonitoredVm")]
    [InlineData("Of $One, $Two | Get-MonitoredVm -Name *")]
    [InlineData("[pscustomobject]@{ HypervisorUri = $One, $Two } | Get-MonitoredVm")]
    [InlineData("Get-MonitoredVm -HypervisorUri $One, $Two | Get-MonitoredVm")]
    public void Each_that_is_named_or_piped_is_asked_and_no_store(string script)
    {
        Records records = Run(script).NoErrors();
        Assert.Equal(s_both.Order(), Hypervisors(records).Distinct().Order());
        Assert.Equal(8, records.Output.Count);
        Assert.Equal(["sim-one-3", "sim-two-5"], records.Output.Select(vm => $"{vm.Properties["HostName"].Value}").Distinct().Order());
        Assert.All(records.Output, vm => Assert.Equal("hypervisor", vm.Properties["Source"].Value));

        // The default store would have been named in a warning.
        Assert.Empty(records.Warnings);
    }

    [Theory]
    [InlineData("Get-MonitoredVm -HypervisorUri $One, $Bad, $Two, 'test:///no/such/node.xml', $Bad")]
    [InlineData("Of $One, $Bad, $Two, 'test:///no/such/node.xml', $Bad | Get-MonitoredVm")]
    [InlineData("Of $One, $Bad, $Two, 'test:///no/such/node.xml', $Bad | Get-MonitoredVm -Name db*, web*, cache*, app*, mail*")]
    [InlineData("$One, $Bad, $Two, 'test:///no/such/node.xml', $Bad | Start-VmTelemetryCollector -Interval 1h")]
    [InlineData("Start-VmTelemetryCollector -Interval 1h -HypervisorUri $One, $Bad, $Two, 'test:///no/such/node.xml', $Bad")]
    [InlineData("$One, $Bad, $Two, 'test:///no/such/node.xml', $Bad | Start-VmTelemetryCollector -Count 1 -Wait")]
    public void One_that_fails_is_one_error_and_the_others_go_on(string script)
    {
        Connect();
        Records records = Run(script);
        Assert.Equal(s_both.Order(), Hypervisors(records).Distinct().Order());
        Assert.Null(records.Terminated);
        Assert.Equal(2, records.Errors.Count);
        Assert.Equal("InvalidHypervisorUri", Id(records.Errors.Single(error => Equals(error.TargetObject, Bad))));
        Assert.All(records.Errors, error => Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction)));
    }

    [Theory]
    [InlineData("Get-MonitoredVm -HypervisorUri $Bad")]
    [InlineData("Get-MonitoredVm db01 -HypervisorUri $Bad")]
    [InlineData("Invoke-MemoryDump db01 -HypervisorUri $Bad")]
    [InlineData("Start-VmTelemetryCollector -HypervisorUri $Bad -Wait")]
    public void Where_none_answers_that_is_the_only_error(string script)
    {
        Connect();
        Records records = Run(script);
        Assert.Empty(records.Output);
        Assert.Equal("InvalidHypervisorUri", Id(records.SingleError));
    }

    [Theory]
    [InlineData("Get-MonitoredVm db01 -HypervisorUri $One, $Two", 2)]
    [InlineData("Of $One, $Two | Get-MonitoredVm -Name db01", 2)]
    [InlineData("'db01', 'db*', 'web01' | Get-MonitoredVm -HypervisorUri $One, $Two", 4)]
    [InlineData("Get-MonitoredVm web02 -HypervisorUri $One, 'sim://more?vms=12&seed=9'", 1)]
    public void A_name_is_looked_for_on_all_of_them(string script, int count) =>
        Assert.Equal(count, Run(script).NoErrors().Output.Count);

    [Fact]
    public void A_name_that_none_has_is_an_error_that_says_where_was_looked()
    {
        Records records = Run("Get-MonitoredVm db01, nosuch -HypervisorUri $One, $Two, $Bad");
        Assert.Equal(2, records.Output.Count);
        Assert.Equal(["InvalidHypervisorUri", "VmNotFound"], records.Errors.Select(Id));
        Assert.Equal($"There is no VM 'nosuch' in {One}, {Two}.", records.Errors[1].Exception.Message);
    }

    [Theory]
    [InlineData("Get-MonitoredVm -HypervisorUri $One -Live:$false", "HypervisorNotAsked")]
    [InlineData("Get-MonitoredVm -HypervisorUri $Never", "InvalidHypervisorUri")]
    [InlineData("Get-MonitoredVm -HypervisorUri $One, $Never", "InvalidHypervisorUri")]
    [InlineData("Get-MonitoredVm -Live -HypervisorUri ''", "InvalidHypervisorUri")]
    [InlineData("Start-VmTelemetryCollector -HypervisorUri $Never", "InvalidHypervisorUri")]
    [InlineData("Start-VmTelemetryCollector -HypervisorUri @()", "InvalidHypervisorUri")]
    [InlineData("$Never | Start-VmTelemetryCollector", "InvalidHypervisorUri")]
    [InlineData("Invoke-MemoryDump db01 -HypervisorUri $Never", "InvalidHypervisorUri")]
    [InlineData("[pscustomobject]@{ Name = 'db01'; HypervisorUri = $null } | Start-VmTelemetryCollector", "InvalidHypervisorUri")]
    [InlineData("Of '', $Never | Get-MonitoredVm", "InvalidHypervisorUri")]
    [InlineData("Of $Never, $Never | Get-MonitoredVm -Live", "InvalidHypervisorUri")]
    [InlineData("Of $Never, $Never | Get-MonitoredVm -Name db01", "InvalidHypervisorUri")]
    [InlineData("Of $Never, $Never | Invoke-MemoryDump -Name db01", "InvalidHypervisorUri")]
    [InlineData("Of $One | Invoke-MemoryDump", "InputObjectMissingMandatory")]
    [InlineData("Get-MonitoredVm -HypervisorUri $One | Get-MonitoredVm -Name db01", "VmsNamedTwice")]
    [InlineData("Get-MonitoredVm -HypervisorUri $One | Invoke-MemoryDump db01", "VmsNamedTwice")]
    [InlineData("'db01' | Get-MonitoredVm -HypervisorUri $One -Uuid ([guid]::NewGuid())", "VmsNamedTwice")]
    public void What_could_mean_another_hypervisor_or_vm_is_refused(string script, string id)
    {
        Connect();
        Records records = Run(script);
        Assert.Empty(records.Output);
        Assert.Equal(id, Id(records.SingleError));
        Assert.Empty(_session.Invoke("Get-VmTelemetryCollector"));
        Assert.Empty(_session.Invoke("Get-MemoryDumpStatus"));
    }

    [Fact]
    public void Live_false_looks_up_in_the_store_what_comes_from_a_hypervisor()
    {
        Connect();
        Run("$One, $Two | Start-VmTelemetryCollector -Count 1 -Wait").NoErrors();
        Records stored = Run("Get-MonitoredVm web* -HypervisorUri $Two | Get-MonitoredVm -Live:$false").NoErrors();
        Assert.Equal(("store", "sim-two-5"), ($"{Assert.Single(stored.Output).Properties["Source"].Value}", $"{stored.Output[0].Properties["HostName"].Value}"));

        // Of the two VMs of that name, the one that was piped.
        PSObject sample = Assert.Single(Run("Get-MonitoredVm db01 -HypervisorUri $One | Get-VmTelemetry").NoErrors().Output);
        Assert.Equal("sim-one-3", sample.Properties["HostName"].Value);
        Assert.Equal(2, Run("Get-MonitoredVm db01 -HypervisorUri $One, $Two | Get-VmTelemetry").NoErrors().Output.Count);
    }

    [Fact]
    public void Each_collector_has_its_number_its_count_and_its_end()
    {
        Connect();
        Records waited = Run("$One, $Two, $One | Start-VmTelemetryCollector -Interval 20ms -Count 3 -Wait").NoErrors();
        Assert.Equal([1, 2], waited.Output.Select(status => (int)status.Properties["Id"].Value));
        Assert.Equal(s_both.Order(), Hypervisors(waited).Order());
        Assert.All(waited.Output, status =>
        {
            Assert.Equal(("Stopped", 3L, 4), ($"{status.Properties["State"].Value}", (long)status.Properties["Polls"].Value, (int)status.Properties["VmsMonitored"].Value));
            Assert.True((long)status.Properties["PointsWritten"].Value > 0);
            Assert.Equal(status.Properties["PointsCollected"].Value, status.Properties["PointsWritten"].Value);
        });
        Assert.Equal(2, waited.Progress.Select(record => record.ActivityId).Distinct().Count());
        Assert.Equal(8, Run("Get-VmTelemetry").NoErrors().Output.Count);

        // In the background, as VMs, statuses and texts name them; each once.
        Assert.Equal([3, 4], Run("Get-MonitoredVm -HypervisorUri $One, $Two | Start-VmTelemetryCollector -Interval 1h").NoErrors().Output.Select(status => (int)status.Properties["Id"].Value));
        Assert.Equal(2, Run("Get-VmTelemetryCollector | Start-VmTelemetryCollector -Interval 1h").NoErrors().Output.Count);
        Records stopped = Run("Get-VmTelemetryCollector | Where-Object State -eq Running | Stop-VmTelemetryCollector -PassThru").NoErrors();
        Assert.Equal([3, 4, 5, 6], stopped.Output.Select(status => (int)status.Properties["Id"].Value));
        Assert.All(_session.Invoke("1, 3, 6 | Get-VmTelemetryCollector"), status => Assert.Equal("Stopped", $"{status.Properties["State"].Value}"));
        Records again = Run("Start-VmTelemetryCollector -HypervisorUri $One, $Two -Interval 1h | Stop-VmTelemetryCollector -PassThru").NoErrors();
        Assert.Equal(s_both.Order(), Hypervisors(again).Order());
    }

    [Theory]
    [InlineData("$One, $Two | Start-VmTelemetryCollector -Interval 50ms -Wait")]
    [InlineData("& { $One; $Two; while ($true) { [Threading.Thread]::Sleep(10) } } | Start-VmTelemetryCollector -Interval 50ms -Wait")]
    public void Ctrl_C_ends_all_that_are_waited_for(string script)
    {
        Connect();
        using (RunningPipeline pipeline = _session.BeginInvoke(Prepared(script)))
        {
            // The session can't be asked while its pipeline runs, but the store can.
            using ModuleRunspace other = new();
            other.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();
            pipeline.WaitUntil(_ => other.Invoke("Get-VmTelemetry db0[1]").Count == 2, TimeSpan.FromMinutes(1));
            Assert.True(pipeline.Stop().Stopped);
        }

        AssertStoppedInOrder(2);
    }

    [Fact]
    public void A_failure_up_the_pipeline_ends_what_was_to_be_waited_for()
    {
        Connect();
        Records records = Run("& { $One; $Two; throw 'enough' } | Start-VmTelemetryCollector -Interval 50ms -Wait");
        Assert.Equal("enough", records.SingleError.Exception.Message);
        AssertStoppedInOrder(2);
    }

    [Fact]
    public void A_warning_says_of_which_of_several_it_is()
    {
        _session.InvokeRecords("Connect-VmStats http://127.0.0.1:1 vms -Api V1 -NoProbe").NoErrors();
        Records run = Run("$One, $Two | Start-VmTelemetryCollector -Count 1 -Wait").NoErrors();
        Assert.Equal(2, run.Warnings.Count);
        Assert.All(s_both, uri => Assert.Contains(run.Warnings, warning => warning.Contains(uri, StringComparison.Ordinal) && warning.Contains("127.0.0.1:1", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void Hypervisors_of_libvirt_and_simulated_ones_go_together()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        Connect();
        string node = Node("n1", "db01", "lab");
        Records listed = Run($"Get-MonitoredVm -HypervisorUri test:///default, '{node}', $One").NoErrors();
        Assert.Equal(["test", "db01", "lab", "app01", "cache01", "db01", "web01"], listed.Output.Select(vm => $"{vm}"));
        Assert.Equal(["test:///default", node, node, One, One, One, One], Hypervisors(listed));

        Records waited = Run($"'test:///default', '{node}', $One | Start-VmTelemetryCollector -Count 2 -Interval 50ms -Wait").NoErrors();
        Assert.Equal([1, 2, 4], waited.Output.Select(status => (int)status.Properties["VmsMonitored"].Value).Order());
        Assert.All(waited.Output, status => Assert.Equal(2L, status.Properties["Polls"].Value));
        Assert.Equal(7, Run("Get-VmTelemetry").NoErrors().Output.Count);
    }

    [SkippableFact]
    public void A_vm_leads_back_to_its_hypervisor_though_its_uri_shows_no_secret()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        Connect();
        string node = Node("n1", "db01"), secret = node + "?password=s3cret";
        PSObject vm = Assert.Single(Run($"$vm = Get-MonitoredVm -HypervisorUri '{secret}'; $vm").NoErrors().Output);
        Assert.Equal(node + "?password=***", vm.Properties["HypervisorUri"].Value);

        // Who opened it anew, by what is shown, would find no file.
        File.Delete(new Uri(node).AbsolutePath);
        Assert.Equal(vm.Properties["Uuid"].Value, Assert.Single(Run("$vm | Get-MonitoredVm").NoErrors().Output).Properties["Uuid"].Value);
        Records collected = Run("$vm | Start-VmTelemetryCollector -Count 1 -Wait").NoErrors();
        Assert.Equal(1L, Assert.Single(collected.Output).Properties["Polls"].Value);

        // By argument it is what was written, and nothing else.
        Assert.Equal("HypervisorUnreachable", Id(Run("Get-MonitoredVm -HypervisorUri $vm.HypervisorUri").SingleError));
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private static string[] Hypervisors(Records records) => [.. records.Output.Select(item => $"{item.Properties["HypervisorUri"].Value}")];

    private static string Prepared(string script) => $$"""
        function Of($uris) { foreach ($uri in $uris) { [pscustomobject]@{ HypervisorUri = $uri } } }
        $One = '{{One}}'; $Two = '{{Two}}'; $Bad = '{{Bad}}'
        {{script}}
        """;

    private Records Run(string script) => _session.InvokeRecords(Prepared(script));

    private void Connect() => _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();

    // A host of libvirt's test driver, with VMs of these names.
    private string Node(string name, params string[] vms) => "test://" + _folder.Write(name + ".xml", $"""
        <node>{string.Concat(vms.Select(vm => $"<domain type='test'><name>{vm}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"))}</node>
        """);

    private void AssertStoppedInOrder(int count)
    {
        IReadOnlyList<PSObject> collectors = _session.Invoke("Get-VmTelemetryCollector");
        Assert.Equal(count, collectors.Count);
        Assert.All(collectors, status =>
        {
            Assert.Equal("Stopped", $"{status.Properties["State"].Value}");
            Assert.Equal(status.Properties["PointsCollected"].Value, status.Properties["PointsWritten"].Value);
        });
    }
}
