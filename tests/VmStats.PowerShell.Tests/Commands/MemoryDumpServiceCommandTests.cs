using System.Management.Automation;
using VmStats.Fixtures.Dumps;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>The original's dump service, driven and read by the cmdlets: only when it is asked for by name.</summary>
[Collection(ModuleCollection.Name)]
public sealed class MemoryDumpServiceCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();
    private DumpServiceStandIn _service = null!;

    public async Task InitializeAsync()
    {
        _service = await DumpServiceStandIn.StartAsync();
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri 'sim://dumps?vms=8&seed=3&mem=0.125'").NoErrors();
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_service_dumps_what_is_piped_in_by_its_name()
    {
        _service.OnStatusRequested = vm => _service.Complete(vm, $"/srv/{vm}.mem", 4);
        Records records = _session.InvokeRecords($"Get-MonitoredVm app02, web01, web02 -Live | Invoke-MemoryDump -ServiceUrl {_service.Url}").NoErrors();
        Assert.Equal(["app02", "web01", "web02"], records.Output.Select(record => $"{record.Properties["Name"].Value}").Order());
        Assert.All(records.Output, record =>
        {
            // The service wrote no record here, so there is no hash to vouch for.
            Assert.Equal(("Completed", $"/srv/{record}.mem", null), ($"{record.Properties["State"].Value}", record.Properties["Path"].Value, record.Properties["IsHashVerified"].Value));
            Assert.Equal(TimeSpan.FromSeconds(4), record.Properties["Duration"].Value);
        });
        Assert.Equal(3, records.Warnings.Count);
        Assert.Equal(3, _service.Requests.Count(request => request.StartsWith("POST", StringComparison.Ordinal)));

        IReadOnlyList<PSObject> statuses = _session.Invoke($"Get-MemoryDumpStatus -ServiceUrl {_service.Url}");
        Assert.Equal(["app02", "web01", "web02"], statuses.Select(status => $"{status}"));
        Assert.All(statuses, status => Assert.Equal((100.0, _service.Url.ToString().TrimEnd('/')), ((double)status.Properties["PercentComplete"].Value, status.Properties["Source"].Value)));
        Assert.Single(_session.Invoke($"Get-MonitoredVm web02 -Live | Get-MemoryDumpStatus -ServiceUrl {_service.Url} -State Completed"));
        Assert.Empty(_session.Invoke($"Get-MemoryDumpStatus db* -ServiceUrl {_service.Url}"));
        Assert.Empty(_session.Invoke("Get-MemoryDumpStatus"));
    }

    [SkippableFact]
    public void The_variable_names_the_service_and_is_used_only_when_asked()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.Environment.Set("MEMDUMP_SERVICE_URL", _service.Url.ToString());
        _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{_folder.Path}/dumps'; Get-MemoryDumpStatus").NoErrors();
        Assert.Empty(_service.Requests);

        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 1);
        _session.InvokeRecords("Invoke-MemoryDump web01 -UseService").NoErrors();
        Assert.Single(_session.Invoke("Get-MemoryDumpStatus -UseService"));
        Assert.NotEmpty(_service.Requests);

        _session.Environment.Set("MEMDUMP_SERVICE_URL", null);
        Assert.StartsWith("DumpServiceNotNamed", _session.InvokeRecords("Invoke-MemoryDump web01 -UseService").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("DumpServiceNotNamed", _session.InvokeRecords("Get-MemoryDumpStatus -UseService").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_it_could_mistake_and_a_wildcard_are_refused_one_by_one()
    {
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 1);
        Records records = _session.InvokeRecords($"Invoke-MemoryDump 12, web01, 'db*', ' 7' -ServiceUrl {_service.Url}");
        Assert.Equal(
            ["DumpServiceNameAmbiguous", "DumpServiceNameNeeded", "DumpServiceNameAmbiguous"],
            records.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal("web01", $"{Assert.Single(records.Output)}");
        Assert.Equal("POST /api/dumps {\"vms\":[\"web01\"]}", Assert.Single(_service.Requests, request => request.StartsWith("POST", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_name_that_two_piped_vms_bear_is_refused_for_the_service_knows_one_by_it()
    {
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 1);
        Records records = _session.InvokeRecords(
            $"Get-MonitoredVm web01, app02 -HypervisorUri 'sim://a?vms=8&seed=3', 'sim://b?vms=4&seed=5' | Invoke-MemoryDump -ServiceUrl {_service.Url}");
        ErrorRecord error = records.SingleError;
        Assert.Equal(("DumpServiceNameAmbiguous", "web01"), (error.FullyQualifiedErrorId.Split(',')[0], error.TargetObject));
        Assert.Equal("app02", $"{Assert.Single(records.Output)}");
    }

    [Fact]
    public void WhatIf_asks_the_service_nothing_and_its_failure_is_an_error_and_a_record()
    {
        string text = _session.InvokeText($"Invoke-MemoryDump web01 -ServiceUrl {_service.Url} -WhatIf");
        Assert.Contains("not verified", text, StringComparison.Ordinal);
        Assert.Empty(_service.Requests);

        _service.OnStatusRequested = vm => _service.Fail(vm, "no such domain");
        ErrorRecord error = _session.InvokeRecords($"Invoke-MemoryDump web01 -ServiceUrl {_service.Url}").SingleError;
        Assert.StartsWith("DumpServiceDumpFailed", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Single(_session.Invoke("Get-MemoryDumpRecord web01 -State Failed"));

        _service.Answer(500, "Internal Server Error", "text/plain");
        Assert.Equal(ErrorCategory.ResourceUnavailable, _session.InvokeRecords($"Invoke-MemoryDump web01 -ServiceUrl {_service.Url}").SingleError.CategoryInfo.Category);
        Assert.StartsWith(
            "DumpServiceUrlInvalid", _session.InvokeRecords("Invoke-MemoryDump web01 -ServiceUrl http://u:p@x").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_waits_for_the_service_and_stopping_it_only_ends_the_waiting()
    {
        _service.OnStatusRequested = vm => _service.Run(vm, 50);
        Job job = Assert.Single(_session.Invoke<Job>($"$job = Invoke-MemoryDump web01 -ServiceUrl {_service.Url} -AsJob; $job"));
        Assert.True(SpinWait.SpinUntil(() => job.Progress.Any(progress => progress.PercentComplete == 50), TimeSpan.FromSeconds(60)));
        _session.InvokeRecords("Stop-Job $job").NoErrors();
        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.Equal("Running", $"{Assert.Single(_session.Invoke($"Get-MemoryDumpStatus -ServiceUrl {_service.Url}")).Properties["State"].Value}");
    }
}
