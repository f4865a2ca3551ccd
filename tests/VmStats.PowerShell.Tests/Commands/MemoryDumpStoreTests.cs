using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Invoke-MemoryDump beside stores that don't answer: the memory comes all the same, and no record is lost. Shown by the order of what happens.</summary>
[Collection(ModuleCollection.Name)]
public sealed class MemoryDumpStoreTests : IDisposable
{
    private const string Fleet = "sim://dumps?vms=8&seed=3&mem=0.125";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-AsJob | Wait-Job")]
    public void Dumps_are_taken_one_after_the_other_while_the_store_never_answers(string asJob)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        ConcurrentQueue<int> dumpsAtConnection = new();
        using SilentServer store = new(() => dumpsAtConnection.Enqueue(Files("*.elf.zst").Length + Files(".*.partial").Length));
        Connect(store);
        using (RunningPipeline dumping = _session.BeginInvoke($"Invoke-MemoryDump app02, web01, web02 -Path '{Dumps}' -ThrottleLimit 1 {asJob}"))
        {
            dumping.WaitUntil(_ => Files("*.elf.zst").Length == 3, s_patience);
            dumping.WaitUntil(_ => store.Count > 0, s_patience);
            Assert.False(dumping.IsCompleted);
            Assert.Equal(0, dumping.OutputCount);
            dumping.Stop();
        }

        // Nothing was asked of the store before the first dump had begun; nothing is lost when nobody waits for it any longer.
        Assert.NotEqual(0, dumpsAtConnection.First());
        _session.InvokeRecords("Get-Job | Stop-Job").NoErrors();
        Assert.Equal(3, Waiting().Length);
        Assert.Equal(3, _session.Invoke("Get-MemoryDumpStatus -State Completed").Count);
    }

    [SkippableFact]
    public void A_record_that_the_store_does_not_take_in_time_waits_and_the_object_and_a_warning_say_so()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        using SilentServer store = new();
        Connect(store, "-TimeoutSec 1");
        Records taken = _session.InvokeRecords($"Invoke-MemoryDump web01, mail01 -Path '{Dumps}'");
        PSObject dump = Assert.Single(taken.Output);
        Assert.Equal("Completed", $"{dump.Properties["State"].Value}");
        Assert.Contains($"waits in '{Dumps}/.vmstats-records'", $"{dump.Properties["Warnings"].Value}", StringComparison.Ordinal);

        // That of the dump that failed waits, too, and no object could say so.
        Assert.StartsWith("VmNotRunning,", taken.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(2, taken.Warnings.Count(warning => warning.Contains("waits in", StringComparison.Ordinal)));
        Assert.Equal(2, Waiting().Length);
    }

    [SkippableTheory]
    [InlineData("", "-WhatIf")]
    [InlineData("$WhatIfPreference = $true;", "")]
    [InlineData("", "-Confirm")]
    [InlineData("", "-Confirm -Verbose")]
    [InlineData("$ConfirmPreference = 'Low';", "")]
    public void Where_the_plan_is_shown_the_store_is_asked_for_earlier_dumps_once_and_in_vain(string before, string with)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        using SilentServer store = new();
        Connect(store);
        _session.Host.Answers.Enqueue("L");
        _session.Host.TakeText();
        Records shown = _session.InvokeRecords($"{before} Invoke-MemoryDump app02, web01, web02 -Path '{Dumps}' {with}").NoErrors();
        Assert.Empty(shown.Output);
        Assert.Equal(1, store.Count);
        Assert.Contains("by its memory size", _session.Host.TakeText() + string.Concat(_session.Host.Questions), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_question_and_the_verbose_line_tell_what_earlier_dumps_foretell()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri '{Fleet}'").NoErrors();
        _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}'").NoErrors();
        _session.Host.Answers.Enqueue("N");
        _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -Confirm").NoErrors();
        Assert.Contains("by its last 1 dumps", Assert.Single(_session.Host.Questions), StringComparison.Ordinal);
        Records told = _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -Verbose").NoErrors();
        Assert.Contains(told.Verbose, line => line.Contains("by its last 1 dumps", StringComparison.Ordinal));
        Assert.Single(told.Output);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-AsJob | Wait-Job")]
    public void A_file_that_another_program_has_locked_is_not_waited_for(string asJob)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Part.Require(Part.Find("sqlite3") is null ? "sqlite3 isn't installed" : null);
        string file = Path.Combine(_folder.Path, "locked.db");
        using Process other = Process.Start(new ProcessStartInfo("sqlite3", file) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            other.StandardInput.WriteLine("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other(x); SELECT 'locked';");
            other.StandardInput.Flush();
            while (other.StandardOutput.ReadLine() != "locked")
            {
            }

            _session.Environment.Set("INFLUX_URL", $"file://{file}");
            using RunningPipeline dumping = _session.BeginInvoke($"Invoke-MemoryDump web01 -HypervisorUri '{Fleet}' -Path '{Dumps}' {asJob}");
            dumping.WaitUntil(_ => Files("*.elf.zst").Length == 1, s_patience);
            Assert.Equal(0, dumping.OutputCount);
            dumping.Stop();
            _session.InvokeRecords("Get-Job | Stop-Job").NoErrors();
            Assert.Contains("web01", File.ReadAllText(Assert.Single(Waiting())), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    [SkippableFact]
    public void A_hypervisor_that_can_not_be_used_keeps_no_other_from_being_dumped()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();
        Records taken = _session.InvokeRecords($$"""
            $vms = [pscustomobject]@{ Name = 'db01'; HypervisorUri = 'qemu+ssh://no-such-host.invalid/system' }, [pscustomobject]@{ Name = 'web01'; HypervisorUri = '{{Fleet}}' }
            $vms | Invoke-MemoryDump -Path '{{Dumps}}'
            """);
        Assert.StartsWith("DumpRemoteRefused,", taken.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("web01", $"{Assert.Single(taken.Output).Properties["Name"].Value}");
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private void Connect(SilentServer store, string more = "") =>
        _session.InvokeRecords($"Connect-VmStats -Url '{store.Url}' -Database none -NoProbe -HypervisorUri '{Fleet}' {more}").NoErrors();

    private string[] Waiting() => Directory.GetFiles(Path.Combine(Dumps, ".vmstats-records"), "*.segment", SearchOption.AllDirectories);

    private string[] Files(string pattern) => Directory.Exists(Dumps) ? Directory.GetFiles(Dumps, pattern) : [];
}
