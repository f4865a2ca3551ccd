using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Invoke-MemoryDump -AsJob: a job like any other.</summary>
[Collection(ModuleCollection.Name)]
public sealed class MemoryDumpJobTests : IDisposable
{
    private const string Slow = "sim://slow?vms=8&seed=3&dumprate=4";

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    public MemoryDumpJobTests() =>
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri 'sim://dumps?vms=8&seed=3&mem=0.125'").NoErrors();

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    [SkippableFact]
    public void A_job_is_waited_for_received_and_removed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Job job = Assert.Single(_session.Invoke<Job>($"$job = Invoke-MemoryDump web01, web02 -Path '{Dumps}' -AsJob; $job"));
        Assert.Equal(("MemoryDumpJob", $"MemoryDump{job.Id}", "web01, web02"), (job.PSJobTypeName, job.Name, job.StatusMessage));
        Records received = _session.InvokeRecords("$null = Wait-Job $job -Timeout 100; Receive-Job $job").NoErrors();
        Assert.Equal(JobState.Completed, job.JobStateInfo.State);
        Assert.Equal(["web01", "web02"], received.Output.Select(record => $"{record.Properties["Name"].Value}").Order());
        Assert.All(received.Output, record => Assert.True(File.Exists((string)record.Properties["Path"].Value)));
        Assert.All(received.Output, record => Assert.Equal("VmStats.MemoryDumpRecord", record.BaseObject.GetType().FullName));
        Assert.Equal(2, _session.Invoke("Get-MemoryDumpRecord").Count);
        Assert.Same(job, Assert.Single(_session.Invoke<Job>($"Get-Job -Id {job.Id}")));
        _session.InvokeRecords("Remove-Job $job").NoErrors();
        Assert.Empty(_session.Invoke("Get-Job"));
    }

    [SkippableFact]
    public void Stop_Job_closes_the_stream_and_the_attempt_is_recorded()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Job job = Assert.Single(_session.Invoke<Job>($"$job = Invoke-MemoryDump db01 -HypervisorUri '{Slow}' -Path '{Dumps}' -AsJob; $job"));
        Assert.Equal(JobState.Running, job.JobStateInfo.State);
        Assert.True(SpinWait.SpinUntil(() => _session.Invoke("Get-MemoryDumpStatus db01 -State Running | Where-Object ProcessedBytes -gt 0").Count == 1, TimeSpan.FromSeconds(60)));
        Assert.NotEmpty(job.Progress);
        _session.InvokeRecords("Stop-Job $job").NoErrors();
        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.DoesNotContain(Directory.GetFiles(Dumps), file => file.Contains(".elf", StringComparison.Ordinal) || file.EndsWith(".partial", StringComparison.Ordinal));
        PSObject record = Assert.Single(_session.Invoke("Get-MemoryDumpRecord db01"));
        Assert.Equal("Cancelled", $"{record.Properties["State"].Value}");
        Assert.Equal("Running", $"{_session.Invoke($"Get-MonitoredVm db01 -Live -HypervisorUri '{Slow}'")[0].Properties["State"].Value}");
    }

    [SkippableFact]
    public void What_waits_does_not_begin_because_all_are_stopped()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"$job = Invoke-MemoryDump db01, web01, web02 -HypervisorUri '{Slow}' -Path '{Dumps}' -ThrottleLimit 1 -AsJob").NoErrors();
        Assert.True(SpinWait.SpinUntil(() => _session.Invoke("Get-MemoryDumpStatus -State Running | Where-Object ProcessedBytes -gt 0").Count == 1, TimeSpan.FromSeconds(60)));
        Records ended = _session.InvokeRecords("@(Get-MemoryDumpStatus -State Running) + @(Get-MemoryDumpStatus -State Queued) | Stop-MemoryDump -PassThru").NoErrors();
        Assert.Equal(3, ended.Output.Count);
        Assert.All(ended.Output, dump => Assert.Equal("Cancelled", $"{dump.Properties["State"].Value}"));
        Assert.Single(ended.Output, dump => dump.Properties["StartedAt"].Value is not null);
    }

    [SkippableFact]
    public void A_job_whose_dump_fails_is_failed_and_gives_the_error()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records received = _session.InvokeRecords($"$job = Invoke-MemoryDump web01, mail01 -Path '{Dumps}' -AsJob; $null = Wait-Job $job -Timeout 100; Receive-Job $job");
        Assert.StartsWith("VmNotRunning", received.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("web01", $"{Assert.Single(received.Output).Properties["Name"].Value}");
        Assert.Equal("Failed", Assert.Single(_session.Invoke<string>("$job.State")));
    }

    [SkippableFact]
    public void A_job_goes_on_when_the_session_connects_elsewhere()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"$job = Invoke-MemoryDump web01 -HypervisorUri 'sim://slow?vms=8&seed=3&mem=0.125&dumprate=16' -Path '{Dumps}' -AsJob").NoErrors();
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/other.db'; $null = Wait-Job $job -Timeout 100").NoErrors();
        Assert.Empty(_session.Invoke("Get-MemoryDumpRecord"));
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();
        Assert.Single(_session.Invoke("Get-MemoryDumpRecord web01 -State Completed"));
    }

    [SkippableFact]
    public void A_job_ends_with_the_module()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Job job = Assert.Single(_session.Invoke<Job>($"Invoke-MemoryDump db01 -HypervisorUri '{Slow}' -Path '{Dumps}' -AsJob"));
        _session.InvokeRecords("Remove-Module VmStats.PowerShell").NoErrors();
        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
    }

    [Fact]
    public void Nothing_asked_or_confirmed_makes_no_job()
    {
        Assert.Empty(_session.Invoke($"Invoke-MemoryDump nosuch* -Path '{Dumps}' -AsJob"));
        Assert.Empty(_session.Invoke($"Invoke-MemoryDump web01 -Path '{Dumps}' -AsJob -WhatIf"));
        Assert.Empty(_session.Invoke("Get-Job"));
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }
}
