using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>VMs of several hypervisors, of the same names even: each is dumped, stopped and found on its own.</summary>
[Collection(ModuleCollection.Name)]
public sealed class SeveralHypervisorsDumpTests : IDisposable
{
    private const string One = "sim://one?vms=8&seed=3&mem=0.125";
    private const string Two = "sim://two?vms=8&seed=5&mem=0.125";

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    public SeveralHypervisorsDumpTests() => _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    [SkippableTheory]
    [InlineData("Get-MonitoredVm web01 -HypervisorUri $One, $Two | Invoke-MemoryDump -Path $Dumps")]
    [InlineData("Get-MonitoredVm web01 -HypervisorUri $Two, $One | Invoke-MemoryDump -Path $Dumps -AsJob | Wait-Job | Receive-Job")]
    [InlineData("Invoke-MemoryDump web01 -HypervisorUri $One, $Two, $One -Path $Dumps")]
    [InlineData("Of $One, $Two | Invoke-MemoryDump -Name web01 -Path $Dumps")]
    public void Each_is_dumped_on_its_own_hypervisor(string script)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records dumped = Run(script).NoErrors();
        AssertBoth(dumped);
        Assert.All(dumped.Output, record => Assert.True(File.Exists($"{record.Properties["Path"].Value}")));
        Assert.Equal(
            [("sim-one-3", One), ("sim-two-5", Two)],
            Run("Get-MemoryDumpStatus web01 -State Completed").NoErrors().Output.Select(status => ($"{status.Properties["HostName"].Value}", $"{status.Properties["HypervisorUri"].Value}")).Order());

        // The VM of that name on the other host is another one.
        PSObject record = Assert.Single(Run("Get-MonitoredVm web01 -HypervisorUri $Two | Get-MemoryDumpRecord").NoErrors().Output);
        Assert.Equal("sim-two-5", record.Properties["HostName"].Value);
        Assert.Equal(1, Assert.Single(Run("Get-MonitoredVm web01 -HypervisorUri $Two | Get-MemoryDumpStats").NoErrors().Output).Properties["Count"].Value);
        AssertBoth(Run("Get-MonitoredVm web01 -HypervisorUri $One, $Two | Get-MemoryDumpRecord").NoErrors());
    }

    [SkippableTheory]
    [InlineData("Invoke-MemoryDump web01 -HypervisorUri $One, sim://bad?vms=many, test:///no/such/node.xml, qemu+ssh://nowhere.invalid/system, $Two -Path $Dumps")]
    [InlineData("Of $One, sim://bad?vms=many, test:///no/such/node.xml, qemu+ssh://nowhere.invalid/system, $Two | Invoke-MemoryDump -Name web01 -Path $Dumps")]
    [InlineData("(Of $One, sim://bad?vms=many, test:///no/such/node.xml, qemu+ssh://nowhere.invalid/system, $Two | ForEach-Object { $_.psobject.Properties.Add([psnoteproperty]::new('Name', 'web01')); $_ }) * 2 | Invoke-MemoryDump -Path $Dumps")]
    public void A_hypervisor_that_fails_keeps_no_other(string script)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records records = Run(script);
        AssertBoth(records);
        Assert.Equal(3, records.Errors.Count);
        Assert.Equal(["DumpRemoteRefused", "InvalidHypervisorUri"], records.Errors.Select(Id).Intersect(["DumpRemoteRefused", "InvalidHypervisorUri"]).Order());
    }

    [SkippableFact]
    public void A_vm_that_two_hypervisors_know_is_dumped_where_it_runs()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        const string left = "sim://left?vms=8&seed=3&mem=0.125";
        Run($"Invoke-MemoryDump web01 -HypervisorUri '{left}' -Path $Dumps -Crash -Confirm:$false").NoErrors();
        Assert.Equal(["ShutOff", "Running"], Run($"Get-MonitoredVm web01 -HypervisorUri '{left}', $One").NoErrors().Output.Select(vm => $"{vm.Properties["State"].Value}"));
        PSObject dump = Assert.Single(Run($"Invoke-MemoryDump web01 -HypervisorUri '{left}', $One -Path $Dumps").NoErrors().Output);
        Assert.Equal("sim-one-3", dump.Properties["HostName"].Value);
    }

    [SkippableFact]
    public void A_throttle_limit_holds_for_all_hypervisors_together()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Run("Get-MonitoredVm web01 -HypervisorUri ($One + '&dumprate=8'), ($Two + '&dumprate=8') | Invoke-MemoryDump -Path $Dumps -ThrottleLimit 1").NoErrors();
        PSObject[] inTurn = [.. Run("Get-MemoryDumpStatus").NoErrors().Output.OrderBy(status => (DateTime)status.Properties["StartedAt"].Value)];
        Assert.Equal(2, inTurn.Length);
        DateTime first = (DateTime)inTurn[0].Properties["StartedAt"].Value, second = (DateTime)inTurn[1].Properties["StartedAt"].Value;
        TimeSpan duration = (TimeSpan)inTurn[0].Properties["Duration"].Value;
        Assert.True(duration > TimeSpan.FromSeconds(1), $"{duration}");
        Assert.True(second - first > duration / 2, $"{first:O} {second:O} {duration}");
    }

    [SkippableFact]
    public void A_dump_is_stopped_by_its_vm_and_not_that_of_another_of_the_name()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        const string slow = "foreach ($uri in $One, $Two) { $uri.Replace('mem=0.125', 'dumprate=4') }";
        using ModuleRunspace other = new();
        using RunningPipeline dumping = _session.BeginInvoke(Prepared($"Get-MonitoredVm db01 -HypervisorUri @({slow}) | Invoke-MemoryDump -Path $Dumps"));
        dumping.WaitUntil(_ => other.Invoke("Get-MemoryDumpStatus db01 -State Running").Count == 2, TimeSpan.FromMinutes(1));
        PSObject ended = Assert.Single(other.InvokeRecords(Prepared("Get-MonitoredVm db01 -HypervisorUri $Two | Stop-MemoryDump -PassThru")).NoErrors().Output);
        Assert.Equal(("sim-two-5", "Cancelled"), ($"{ended.Properties["HostName"].Value}", $"{ended.Properties["State"].Value}"));
        PSObject running = Assert.Single(other.Invoke("Get-MemoryDumpStatus db01 -State Running"));
        Assert.Equal("sim-one-3", running.Properties["HostName"].Value);
        Assert.True(dumping.Stop(TimeSpan.FromMinutes(1)).Stopped);
    }

    [SkippableFact]
    public void The_question_says_on_which_host()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.Host.Answers.Enqueue("N");
        _session.Host.Answers.Enqueue("Y");
        PSObject dump = Assert.Single(Run("Invoke-MemoryDump web01 -HypervisorUri $One, $Two -Path $Dumps -Confirm").NoErrors().Output);
        Assert.Equal("sim-two-5", dump.Properties["HostName"].Value);
        Assert.Equal(2, _session.Host.Questions.Count);
        Assert.Contains("web01 on sim-one-3", _session.Host.Questions[0], StringComparison.Ordinal);
        Assert.Contains("web01 on sim-two-5", _session.Host.Questions[1], StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private static void AssertBoth(Records records) =>
        Assert.Equal(["sim-one-3", "sim-two-5"], records.Output.Select(record => $"{record.Properties["HostName"].Value}").Order());

    private string Prepared(string script) => $$"""
        function Of { foreach ($uri in $args[0]) { [pscustomobject]@{ HypervisorUri = $uri } } }
        $One = '{{One}}'; $Two = '{{Two}}'; $Dumps = '{{Dumps}}'
        {{script}}
        """;

    private Records Run(string script) => _session.InvokeRecords(Prepared(script));
}
