using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>What Remove-MemoryDump keeps, what it asks, and what it tells where there is nothing to do.</summary>
[Collection(ModuleCollection.Name)]
public sealed class RemoveMemoryDumpCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    public RemoveMemoryDumpCommandTests()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri 'sim://dumps?vms=8&seed=3&mem=0.125'").NoErrors();
    }

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    [SkippableFact]
    public void What_is_old_goes_but_none_of_the_last()
    {
        Take("web01, web02", times: 2);
        Records kept = _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -OlderThan 0.001s -KeepLast 3 -Force -Confirm:$false -Verbose").NoErrors();
        Assert.Equal(4, Count());
        Assert.All(kept.Output, removal => Assert.False((bool)removal.Properties["IsRemoved"].Value));
        Assert.Contains(kept.Verbose, line => line.Contains("among the last 3 of 'web01'", StringComparison.Ordinal));

        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -OlderThan 0.001s -KeepLast 1 -Force -Confirm:$false").NoErrors();
        Assert.Equal(2, Count());
        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -MaximumSize 0 -KeepLast 1 -Force -Confirm:$false").NoErrors();
        Assert.Equal(2, Count());
        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -MaximumSize 0 -Force -Confirm:$false").NoErrors();
        Assert.Equal(0, Count());
    }

    [SkippableFact]
    public void A_hold_and_its_release_ask_nothing_and_a_removal_asks()
    {
        Take("web01, web02");

        // No answer is there for a question: one that came would fail.
        Assert.Equal([true], _session.Invoke($"Remove-MemoryDump web01 -Folder '{Dumps}' -Hold").Select(dump => dump.Properties["IsHeld"].Value));
        Assert.Empty(_session.InvokeRecords($"Remove-MemoryDump web01 -Folder '{Dumps}' -Release -WhatIf").NoErrors().Output);
        Assert.Equal([false], _session.Invoke($"Remove-MemoryDump web01 -Folder '{Dumps}' -Release").Select(dump => dump.Properties["IsHeld"].Value));
        Assert.Empty(_session.Host.Questions);
        _session.Host.Answers.Enqueue("N");
        Assert.Empty(_session.InvokeRecords($"Remove-MemoryDump web01 -Folder '{Dumps}' -Hold -Confirm").NoErrors().Output);
        Assert.Single(_session.Host.Questions);

        _session.Host.Answers.Enqueue("N");
        Assert.Empty(_session.InvokeRecords($"Remove-MemoryDump web01 -Folder '{Dumps}' -KeepLast 0 -Force").NoErrors().Output);
        Assert.Contains($"{Dumps}/web01", _session.Host.Questions[1], StringComparison.Ordinal);
        Assert.Equal(2, Count());
        _session.Host.Answers.Enqueue("A");
        Assert.Equal(2, _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -KeepLast 0 -Force").NoErrors().Output.Count);
        Assert.Equal((3, 0), (_session.Host.Questions.Count, Count()));

        _session.Host.Answers.Enqueue("N");
        _session.InvokeRecords("Remove-MemoryDump -Interrupted").NoErrors();
        Assert.Equal(4, _session.Host.Questions.Count);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("web01")]
    [InlineData("-Force -Confirm:$false")]
    public void Without_a_rule_nothing_says_what_is_to_go(string arguments)
    {
        Take("web01");
        ErrorRecord error = _session.InvokeRecords($"Remove-MemoryDump {arguments} -Folder '{Dumps}'").SingleError;
        Assert.Equal(("DumpRuleMissing", ErrorCategory.InvalidArgument), (Id(error), error.CategoryInfo.Category));
        Assert.Contains(Dumps, error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("-KeepLast", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(1, Count());
    }

    [SkippableTheory]
    [InlineData("-KeepLast 3")]
    [InlineData("-OlderThan 30d -Name web01")]
    [InlineData("-Hold")]
    [InlineData("-Release")]
    [InlineData("-Interrupted -Confirm:$false")]
    public void A_folder_that_is_not_there_is_told(string arguments)
    {
        ErrorRecord error = _session.InvokeRecords($"Remove-MemoryDump {arguments} -Folder '{Dumps}'").SingleError;
        Assert.Equal(("DumpFolderNotFound", ErrorCategory.ObjectNotFound), (Id(error), error.CategoryInfo.Category));
        Assert.Contains(Dumps, error.Exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Dumps));
    }

    [SkippableFact]
    public void The_folder_of_the_environment_is_named_as_well()
    {
        _session.Environment.Set("DUMP_DIR", $"{_folder.Path}/elsewhere");
        Assert.Contains($"{_folder.Path}/elsewhere", _session.InvokeRecords("Remove-MemoryDump -KeepLast 3").SingleError.Exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{_folder.Path}/elsewhere", _session.InvokeRecords("Remove-MemoryDump").SingleError.Exception.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void That_there_is_nothing_to_do_is_told_with_the_folder()
    {
        Directory.CreateDirectory(Dumps);
        Assert.Contains($"no dump in the folder '{Dumps}'", OnlyWarning($"-Folder '{Dumps}' -KeepLast 3"), StringComparison.Ordinal);
        Assert.Contains($"no dump in the folder '{Dumps}'", OnlyWarning($"-Folder '{Dumps}' -Hold"), StringComparison.Ordinal);
        Take("web01");
        Assert.Contains($"no dump of db* in the folder '{Dumps}'", OnlyWarning($"db* -Folder '{Dumps}' -KeepLast 3"), StringComparison.Ordinal);
        Assert.Contains($"no dump of db* in the folder '{Dumps}'", OnlyWarning($"db* -Folder '{Dumps}' -Hold"), StringComparison.Ordinal);

        // A nightly run that finds all in order is no reason to warn.
        Records quiet = _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -KeepLast 3 -Verbose").NoErrors();
        Assert.Empty(quiet.Warnings);
        Assert.Contains(quiet.Verbose, line => line.Contains($"none of the 1 dumps in the folder '{Dumps}'", StringComparison.Ordinal));
        Assert.Empty(_session.InvokeRecords("Get-MemoryDumpRecord nobody | Remove-MemoryDump").NoErrors().Warnings);

        // A hold that holds nothing must not pass for one.
        Assert.Contains("nothing to do", Assert.Single(_session.InvokeRecords("Get-MemoryDumpRecord nobody | Remove-MemoryDump -Hold").NoErrors().Warnings), StringComparison.Ordinal);
        ErrorRecord none = _session.InvokeRecords($"Remove-MemoryDump db01 -Folder '{Dumps}' -Hold").SingleError;
        Assert.Equal("DumpNotFound", Id(none));
        Assert.Contains($"of db01 in the folder '{Dumps}'", none.Exception.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private string OnlyWarning(string arguments) => Assert.Single(_session.InvokeRecords($"Remove-MemoryDump {arguments}").NoErrors().Warnings);

    private void Take(string names, int times = 1) =>
        _session.InvokeRecords($"1..{times} | ForEach-Object {{ Invoke-MemoryDump {names} -Path '{Dumps}' }}").NoErrors();

    private int Count() => Directory.GetFiles(Dumps, "*.elf.zst").Length;
}
