using System.IO.Compression;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

[Collection(ModuleCollection.Name)]
public sealed class MemoryDumpCommandTests : IDisposable
{
    private const string Fleet = "sim://dumps?vms=8&seed=3&mem=0.125";

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    public MemoryDumpCommandTests() =>
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri '{Fleet}'").NoErrors();

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    [SkippableFact]
    public void A_piped_vm_is_dumped_hashed_and_recorded()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records taken = _session.InvokeRecords($"Get-MonitoredVm db01 -Live | Invoke-MemoryDump -Path '{Dumps}' -Compression Gzip -Note 'case 1'").NoErrors();
        PSObject dump = Assert.Single(taken.Output);
        Assert.Equal("Completed", $"{dump.Properties["State"].Value}");
        string path = (string)dump.Properties["Path"].Value;
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(path));

        using MemoryStream raw = new();
        using (GZipStream gzip = new(File.OpenRead(path), CompressionMode.Decompress))
        {
            gzip.CopyTo(raw);
        }

        Assert.Equal(dump.Properties["Sha256"].Value, Convert.ToHexString(SHA256.HashData(raw.ToArray())).ToLowerInvariant());
        Assert.Equal(dump.Properties["RawBytes"].Value, raw.Length);
        Assert.True(raw.ToArray().AsSpan().IndexOf(Encoding.ASCII.GetBytes($"VMSTATS-SIM-{dump.Properties["Uuid"].Value}")) > 0);

        PSObject record = Assert.Single(_session.InvokeRecords("Get-MemoryDumpRecord db01").NoErrors().Output);
        foreach (string property in (string[])["Sha256", "StoredSha256", "RawBytes", "StoredBytes", "Path", "Uuid", "Note", "LedgerHead", "DumpId", "Time"])
        {
            Assert.Equal(dump.Properties[property].Value, record.Properties[property].Value);
        }

        Assert.NotNull(record.Properties["LedgerHead"].Value);
        PSObject stats = Assert.Single(_session.InvokeRecords("Get-MemoryDumpStats").NoErrors().Output);
        Assert.Equal((1, 1, 0, raw.Length), ((int)stats.Properties["Count"].Value, (int)stats.Properties["VmCount"].Value, (int)stats.Properties["FailureCount"].Value, (long)stats.Properties["RawBytes"].Value));
        Assert.Contains(_session.Invoke("Get-MemoryDumpStatus db01 -State Completed"), one => Equals(one.Properties["DumpId"].Value, dump.Properties["DumpId"].Value));
    }

    [SkippableFact]
    public void Dumps_and_states_that_an_earlier_version_kept_in_folders_called_vmstats_are_found_and_go_on_there()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        string former = Path.Combine(_session.DataFolder, "vmstats", "dumps"), state = Path.Combine(_session.DataFolder, "state");
        string[] ofToday = [Path.Combine(_session.DataFolder, "VmStats", "dumps"), Path.Combine(state, "VmStats", "dumps")];
        string path = (string)Assert.Single(_session.InvokeRecords("Get-MonitoredVm db01 -Live | Invoke-MemoryDump").NoErrors().Output).Properties["Path"].Value;
        Assert.Equal(ofToday[0], Path.GetDirectoryName(path));
        foreach (string folder in ofToday)
        {
            string its = folder.Replace("VmStats", "vmstats", StringComparison.Ordinal);
            Directory.CreateDirectory(Path.GetDirectoryName(its)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.Move(folder, its);
        }

        Assert.Single(_session.Invoke("Get-MemoryDumpStatus db01 -State Completed"));
        string next = (string)Assert.Single(_session.InvokeRecords("Get-MonitoredVm db01 -Live | Invoke-MemoryDump").NoErrors().Output).Properties["Path"].Value;
        Assert.Equal(former, Path.GetDirectoryName(next));
        Assert.Equal(2, _session.Invoke("Get-MemoryDumpStatus db01 -State Completed").Count);
        Assert.All(ofToday, folder => Assert.False(Directory.Exists(folder)));
    }

    [SkippableFact]
    public void Several_vms_are_dumped_by_one_command()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");

        // Those that don't restart by the clock, as app01 and web03 do.
        const int running = 5;
        Records taken = _session.InvokeRecords($"Get-MonitoredVm app02, cache01, db01, web01, web02 -Live | Where-Object State -eq Running | Invoke-MemoryDump -Path '{Dumps}' -ThrottleLimit 3").NoErrors();
        Assert.Equal(running, taken.Output.Count);
        Assert.Equal(running, _session.Invoke("Get-MemoryDumpStats -PerVm").Count);
        Assert.Equal(2, _session.Invoke("Get-MemoryDumpRecord -First 2").Count);
        string hash = (string)taken.Output[0].Properties["Sha256"].Value;
        Assert.Single(_session.Invoke($"Get-MemoryDumpRecord -Hash {hash[..12]}"));
    }

    [SkippableFact]
    public void WhatIf_tells_the_plan_and_leaves_no_trace()
    {
        string plan = Plan("");
        foreach (string part in (string[])["(memory-only)", "db01", $"to {Dumps}", "(Zstd of 64", "in about", "paused for about", "by its memory size", "free"])
        {
            Assert.Contains(part, plan, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Dumps));
        Assert.Empty(_session.Invoke("Get-MemoryDumpRecord"));
        Assert.Empty(_session.Invoke("Get-MemoryDumpStatus"));

        // Once it was dumped, its own history is what the plan rests on: what was stored then, and how long it was paused.
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        PSObject dump = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump db01 -Path '{Dumps}'").NoErrors().Output);
        plan = Plan("");
        Assert.Contains("by its last 1 dumps", plan, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"about {(long)dump.Properties["StoredBytes"].Value / 1048576.0:0.0}M (Zstd"), plan, StringComparison.Ordinal);
        Assert.Contains("by its memory size", Plan("-Compression Gzip"), StringComparison.Ordinal);
        Assert.Contains("(memory-only,crash)", Plan("-Crash"), StringComparison.Ordinal);
        Assert.Contains("(memory-only,bypass-cache)", Plan("-BypassCache"), StringComparison.Ordinal);
        Assert.Single(_session.Invoke("Get-MemoryDumpRecord"));
    }

    [SkippableFact]
    public void A_crash_asks_first_and_turns_the_vm_off()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.Host.Answers.Enqueue("N");
        Assert.Empty(_session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -Crash").NoErrors().Output);
        Assert.Contains("CRASH", Assert.Single(_session.Host.Questions), StringComparison.Ordinal);
        Assert.Equal("Running", State("web01"));
        _session.Host.Answers.Enqueue("Y");
        PSObject dump = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -Crash").NoErrors().Output);
        Assert.Equal("memory-only,crash", dump.Properties["Flags"].Value);
        Assert.Equal("ShutOff", State("web01"));

        _session.InvokeRecords($"Invoke-MemoryDump web02 -Path '{Dumps}' -Crash -Confirm:$false").NoErrors();
        Assert.Equal("ShutOff", State("web02"));
        _session.InvokeRecords($"$ConfirmPreference = 'None'; Invoke-MemoryDump app02 -Path '{Dumps}' -Reset").NoErrors();
        Assert.Equal("Running", State("app02"));
        Assert.Equal(2, _session.Host.Questions.Count);
    }

    [Theory]
    [InlineData("Invoke-MemoryDump web01 -Path Env:x")]
    [InlineData("Test-MemoryDump Env:x")]
    [InlineData("Expand-MemoryDump a.elf -Destination Env:x")]
    [InlineData("Remove-MemoryDump -Path Env:x -Force")]
    [InlineData("Remove-MemoryDump -Folder Env:x -KeepLast 1")]
    public void A_path_that_is_no_files_is_refused(string command) => Assert.Equal("PathNotOfFile", Id(command));

    [SkippableFact]
    public void Flags_that_have_no_effect_or_exclude_each_other_are_told()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records live = _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -Live").NoErrors();
        Assert.Contains("pauses the guest", Assert.Single(live.Warnings), StringComparison.Ordinal);
        Records bypass = _session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -BypassCache").NoErrors();
        Assert.Contains("-BypassCache had no effect", Assert.Single(bypass.Warnings), StringComparison.Ordinal);
        Assert.Equal("memory-only,bypass-cache", Assert.Single(bypass.Output).Properties["Flags"].Value);
        Assert.Equal("DumpFlagsConflict", Id($"Invoke-MemoryDump web01 -Path '{Dumps}' -Crash -Reset -Confirm:$false"));
        Assert.Equal("DumpFlagsConflict", Id($"Invoke-MemoryDump web01 -Path '{Dumps}' -Live -Crash -Confirm:$false"));
        Assert.Contains("Leave it out", bypass.Warnings[0], StringComparison.Ordinal);
        Assert.Equal(bypass.Warnings[0], $"{bypass.Output[0].Properties["Warnings"].Value}");
        Assert.Equal("DumpLevelInvalid", Id($"Invoke-MemoryDump web01 -Path '{Dumps}' -Compression Gzip -CompressionLevel 12"));
        Assert.Equal("DumpLevelInvalid", Id($"Invoke-MemoryDump web01 -Path '{Dumps}' -Compression None -CompressionLevel 1"));
        Assert.Equal("Running", State("web01"));
    }

    [SkippableFact]
    public void A_vm_that_is_off_or_unknown_is_an_error_and_leaves_no_file()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        string off = (string)_session.Invoke("Get-MonitoredVm -Live | Where-Object State -eq ShutOff")[0].Properties["Name"].Value;
        Records records = _session.InvokeRecords($"Invoke-MemoryDump {off}, nosuch, \"a'b`n,c\" -Path '{Dumps}'");
        Assert.Empty(records.Output);
        Assert.Equal(["VmNotFound", "VmNotFound", "VmNotRunning"], records.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Files(), file => file.Contains(".elf", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_folder_that_cannot_be_written_is_one_error()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Records records = _session.InvokeRecords("Invoke-MemoryDump db01 -Path /proc/nowhere");
        ErrorRecord error = records.SingleError;
        Assert.Equal("DumpFolderUnusable", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
    }

    [SkippableFact]
    public void A_running_dump_can_be_stopped_from_another_session()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        using ModuleRunspace other = new();
        using RunningPipeline dumping = _session.BeginInvoke($"Invoke-MemoryDump db01 -HypervisorUri 'sim://slow?vms=8&seed=3&dumprate=4' -Path '{Dumps}'");
        dumping.WaitUntil(_ => other.Invoke("Get-MemoryDumpStatus db01 -State Running").Count == 1);
        PSObject ended = Assert.Single(other.InvokeRecords("Stop-MemoryDump db01 -PassThru").NoErrors().Output);
        Assert.Equal("Cancelled", $"{ended.Properties["State"].Value}");
        Assert.Equal("DumpCancelled", dumping.Wait().SingleError.FullyQualifiedErrorId.Split(',')[0]);
        Assert.DoesNotContain(Files(), file => file.Contains(".elf", StringComparison.Ordinal));
        Assert.Equal("Cancelled", $"{Assert.Single(_session.Invoke("Get-MemoryDumpRecord db01")).Properties["State"].Value}");
        Assert.StartsWith("DumpNotRunning,", other.InvokeRecords("Stop-MemoryDump db01").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Ctrl_C_closes_the_stream_and_the_attempt_is_recorded()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        using (RunningPipeline dumping = _session.BeginInvoke($"Invoke-MemoryDump db01 -HypervisorUri 'sim://slow?vms=8&seed=3&dumprate=4' -Path '{Dumps}'"))
        {
            dumping.WaitUntil(pipeline => pipeline.LastProgress is { PercentComplete: > 0 });
            Assert.True(dumping.Stop().Stopped);
        }

        Assert.DoesNotContain(Files(), file => file.Contains(".elf", StringComparison.Ordinal) || file.EndsWith(".partial", StringComparison.Ordinal));
        Assert.Equal("Cancelled", $"{Assert.Single(_session.Invoke("Get-MemoryDumpRecord db01")).Properties["State"].Value}");
        Assert.Equal("Running", $"{_session.Invoke("Get-MonitoredVm db01 -Live -HypervisorUri 'sim://slow?vms=8&seed=3&dumprate=4'")[0].Properties["State"].Value}");
    }

    [SkippableFact]
    public void A_dump_is_verified_expanded_and_a_flipped_bit_is_named()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        PSObject dump = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump db01 -Path '{Dumps}'").NoErrors().Output);
        PSObject verified = Assert.Single(_session.InvokeRecords("Get-MemoryDumpRecord db01 | Test-MemoryDump -Detailed").NoErrors().Output);
        Assert.True((bool)verified.Properties["IsValid"].Value, $"{verified}");
        Assert.Equal(dump.Properties["Sha256"].Value, verified.Properties["Sha256"].Value);

        PSObject expanded = Assert.Single(_session.InvokeRecords($"Get-MemoryDumpRecord db01 | Expand-MemoryDump -Destination '{_folder.Path}/x.elf'").NoErrors().Output);
        byte[] image = File.ReadAllBytes($"{_folder.Path}/x.elf");
        Assert.Equal(dump.Properties["Sha256"].Value, Convert.ToHexString(SHA256.HashData(image)).ToLowerInvariant());
        Assert.Equal(true, expanded.Properties["IsVerified"].Value);

        string path = (string)dump.Properties["Path"].Value;
        Damage(path);
        Assert.Equal([false], _session.Invoke<bool>($"Test-MemoryDump '{path}' -Quiet"));
        Assert.NotEmpty(_session.InvokeRecords($"Expand-MemoryDump '{path}' -Destination '{_folder.Path}/y.elf'").Errors);
        Assert.False(File.Exists($"{_folder.Path}/y.elf"));
    }

    [SkippableFact]
    public void Whether_a_dump_is_sound_is_a_truth_value_and_a_warning_says_why_not()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        string[] paths = [.. _session.InvokeRecords($"Invoke-MemoryDump db01, web01 -Path '{Dumps}' | ForEach-Object Path | Sort-Object").NoErrors().Of<string>()];
        Records sound = _session.InvokeRecords($"if (Test-MemoryDump '{paths[0]}') {{ 'sound' }} else {{ 'doubtful' }}").NoErrors();
        Assert.Equal(["sound"], sound.Of<string>());
        Assert.Empty(sound.Warnings);

        Damage(paths[0]);
        Records doubtful = _session.InvokeRecords($"if (Test-MemoryDump '{paths[0]}') {{ 'sound' }} else {{ 'doubtful' }}").NoErrors();
        Assert.Equal(["doubtful"], doubtful.Of<string>());
        Assert.StartsWith($"{paths[0]}: ", Assert.Single(doubtful.Warnings), StringComparison.Ordinal);
        Assert.Contains("StoredHashDiffers: ", doubtful.Warnings[0], StringComparison.Ordinal);
        Assert.Empty(_session.InvokeRecords($"Test-MemoryDump '{paths[0]}' -Quiet").NoErrors().Warnings);

        Records detailed = _session.InvokeRecords($"Test-MemoryDump '{paths[0]}' -Detailed | ForEach-Object {{ $_.Findings.Id }}").NoErrors();
        Assert.Contains("StoredHashDiffers", detailed.Of<string>());
        Assert.Empty(detailed.Warnings);

        // One answer a dump, also of one that is gone: it must not hide behind the others' $true.
        Records mixed = _session.InvokeRecords($"'{paths[0]}', '{_folder.Path}/gone.elf', '{paths[1]}' | Test-MemoryDump -NoStore");
        Assert.Equal([false, false, true], mixed.Of<bool>());
        Assert.Equal("DumpNotFound", mixed.SingleError.FullyQualifiedErrorId.Split(',')[0]);
    }

    [SkippableFact]
    public void A_verification_is_written_down_only_when_that_is_asked_for()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Invoke-MemoryDump db01, web01 -Path '{Dumps}'").NoErrors();
        string ledger = Path.Combine(Dumps, "ledger.jsonl");
        string before = File.ReadAllText(ledger);
        foreach (string reading in (string[])["", "-Quiet", "-Detailed", "-Record -WhatIf"])
        {
            Assert.Equal(2, _session.InvokeRecords($"Get-MemoryDumpRecord | Test-MemoryDump {reading}").NoErrors().Output.Count);
            Assert.Equal(before, File.ReadAllText(ledger));
        }

        Records recorded = _session.InvokeRecords("Get-MemoryDumpRecord db01 | Test-MemoryDump -Record").NoErrors();
        Assert.Equal([true], recorded.Of<bool>());
        string added = Assert.Single(File.ReadAllText(ledger)[before.Length..].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("\"event\":\"Verify\"", added, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"db01\"", added, StringComparison.Ordinal);
        Assert.Equal([true, true], _session.Invoke<bool>("Get-MemoryDumpRecord | Test-MemoryDump -Quiet"));
    }

    [SkippableFact]
    public void Where_others_may_write_nothing_is_written_and_the_error_says_why()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        PSObject dump = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump db01 -Path '{Dumps}'").NoErrors().Output);
        string path = (string)dump.Properties["Path"].Value;
        File.SetUnixFileMode(Dumps, (UnixFileMode)0b111_111_111);
        Assert.Equal([true], _session.Invoke<bool>($"Test-MemoryDump '{path}' -Quiet"));
        foreach (string command in (string[])
            [
                $"Test-MemoryDump '{path}' -Record", $"Invoke-MemoryDump web01 -Path '{Dumps}'", $"Remove-MemoryDump -Path '{path}' -Force -Confirm:$false",
                $"Remove-MemoryDump -Path '{path}' -Hold -Confirm:$false", $"Remove-MemoryDump -Interrupted -Folder '{Dumps}' -Confirm:$false", $"Expand-MemoryDump '{path}'",
            ])
        {
            ErrorRecord error = _session.InvokeRecords(command).SingleError;
            Assert.Equal("DumpFolderNotPrivate", error.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
            Assert.Contains("chmod go-w", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }

        Records expanded = _session.InvokeRecords($"Expand-MemoryDump '{path}' -Destination '{_folder.Path}/x.elf'").NoErrors();
        Assert.Contains("not noted in its ledger", Assert.Single(expanded.Warnings), StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [SkippableFact]
    public void Retention_keeps_what_is_held_and_a_vms_last_dump()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"1, 2 | ForEach-Object {{ Invoke-MemoryDump db01 -Path '{Dumps}' }}").NoErrors();
        Assert.Equal(2, DumpFiles());
        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -KeepLast 1 -WhatIf").NoErrors();
        Assert.Equal(2, DumpFiles());
        _session.InvokeRecords($"Remove-MemoryDump db01 -Folder '{Dumps}' -Hold -Confirm:$false").NoErrors();
        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -KeepLast 0 -Force -Confirm:$false").NoErrors();
        Assert.Equal(2, DumpFiles());
        _session.InvokeRecords($"Remove-MemoryDump db01 -Folder '{Dumps}' -Release -Confirm:$false").NoErrors();
        _session.InvokeRecords($"Remove-MemoryDump -Folder '{Dumps}' -KeepLast 0 -Confirm:$false").NoErrors();
        Assert.Equal(1, DumpFiles());
        Assert.Equal(2, _session.Invoke("Get-MemoryDumpRecord").Count);
    }

    [SkippableFact]
    public void Piped_dumps_and_no_others_are_held_and_removed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Invoke-MemoryDump db01, web01 -Path '{Dumps}'").NoErrors();
        Assert.Equal("DumpNotFound", _session.InvokeRecords($"Remove-MemoryDump -Path '{Dumps}/gone.elf' -WhatIf").SingleError.FullyQualifiedErrorId.Split(',')[0]);

        // The records' own folder, not the default one; and nothing when nothing comes.
        Records held = _session.InvokeRecords("Get-MemoryDumpRecord db01 | Remove-MemoryDump -Hold -Confirm:$false").NoErrors();
        Assert.Equal("db01", Assert.Single(held.Output).Properties["Name"].Value);
        _session.InvokeRecords($"Get-MemoryDumpRecord nobody | Remove-MemoryDump -Folder '{Dumps}' -KeepLast 0 -Force -Confirm:$false").NoErrors();
        _session.InvokeRecords($"Remove-MemoryDump -Path $null -Folder '{Dumps}' -KeepLast 0 -Force -Confirm:$false").NoErrors();
        _session.InvokeRecords($"Remove-MemoryDump -Path '{Dumps}/web*' -OlderThan 1d -Force -Confirm:$false").NoErrors();
        Assert.Equal(2, DumpFiles());
        _session.InvokeRecords("Get-MemoryDumpRecord | Remove-MemoryDump -Force -Confirm:$false").NoErrors();
        Assert.Equal(1, DumpFiles());
        _session.InvokeRecords($"[IO.Directory]::GetFiles('{Dumps}', 'db01*.zst') | ForEach-Object {{ [IO.FileInfo]$_ }} | Remove-MemoryDump -Release -Confirm:$false").NoErrors();
        _session.InvokeRecords($"Remove-MemoryDump -Path '{Dumps}/*' -Force -Confirm:$false").NoErrors();
        Assert.Equal(0, DumpFiles());
    }

    [SkippableFact]
    public void Dumps_are_tested_by_wildcards_and_failed_records_are_passed_over()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        _session.InvokeRecords($"Invoke-MemoryDump db01, web01 -Path '{Dumps}'").NoErrors();
        Assert.Equal(2, _session.InvokeRecords($"Test-MemoryDump '{Dumps}/*'").NoErrors().Output.Count);
        Assert.Single(_session.InvokeRecords($"Test-MemoryDump '{Dumps}/web*.zst'").NoErrors().Output);
        Assert.Single(_session.InvokeRecords($"[pscustomobject]@{{ Path = $null }}, (Get-MemoryDumpRecord db01) | Test-MemoryDump").NoErrors().Output);
        Assert.Equal("DumpPathMissing", _session.InvokeRecords("Test-MemoryDump ''").SingleError.FullyQualifiedErrorId.Split(',')[0]);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-WhatIf")]
    public void A_remote_hypervisor_is_refused_before_it_is_reached(string more)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        ErrorRecord error = _session.InvokeRecords($"Invoke-MemoryDump db01 -HypervisorUri qemu+ssh://no-such-host.invalid/system -Path '{Dumps}' {more}").SingleError;
        Assert.Equal("DumpRemoteRefused", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-ServiceUrl", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_finished_dump_shows_all_of_its_bytes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        PSObject dump = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump db01 -Path '{Dumps}' -Compression None").NoErrors().Output);
        PSObject status = _session.Invoke("Get-MemoryDumpStatus db01").Single(one => Equals(one.Properties["DumpId"].Value, dump.Properties["DumpId"].Value));
        foreach (string property in (string[])["ProcessedBytes", "TotalBytes"])
        {
            Assert.Equal(dump.Properties["RawBytes"].Value, status.Properties[property].Value);
        }
    }

    [SkippableFact]
    public void What_a_dead_process_left_is_cleared_away_on_request_and_nothing_else()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        PSObject whole = Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}'").NoErrors().Output);
        string orphan = Path.Combine(Dumps, $".{Guid.NewGuid():N}.partial"), held = Path.Combine(Dumps, $".{Guid.NewGuid():N}.partial");
        File.WriteAllText(orphan, "left behind");
        using FileStream live = new(held, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        _session.InvokeRecords($"Remove-MemoryDump -Interrupted -Folder '{Dumps}' -WhatIf").NoErrors();
        Assert.True(File.Exists(orphan));
        _session.InvokeRecords($"Remove-MemoryDump -Interrupted -Folder '{Dumps}' -Confirm:$false").NoErrors();
        Assert.False(File.Exists(orphan));
        Assert.True(File.Exists(held));
        Assert.True(File.Exists((string)whole.Properties["Path"].Value));
    }

    [SkippableFact]
    public void A_buffer_for_the_whole_guest_is_taken()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Dumps are taken on Linux.");
        Assert.Single(_session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -BufferSize 128MB -CompressionLevel 9").NoErrors().Output);
        Assert.NotEmpty(_session.InvokeRecords($"Invoke-MemoryDump web01 -Path '{Dumps}' -BufferSize 1KB").Errors);
    }

    [Fact]
    public void Without_any_dump_the_counts_are_zero_and_the_rest_is_null()
    {
        PSObject stats = Assert.Single(_session.InvokeRecords("Get-MemoryDumpStats").NoErrors().Output);
        Assert.Equal(0, stats.Properties["Count"].Value);
        Assert.Null(stats.Properties["AverageDuration"].Value);
        Assert.Null(stats.Properties["LastDump"].Value);
    }

    private string Plan(string arguments) => _session.InvokeText($"Invoke-MemoryDump db01 -Path '{Dumps}' -WhatIf {arguments}");

    private string State(string vm) => $"{_session.Invoke($"Get-MonitoredVm {vm} -Live")[0].Properties["State"].Value}";

    private string Id(string script) => _session.InvokeRecords(script).SingleError.FullyQualifiedErrorId.Split(',')[0];

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private static void Damage(string path)
    {
        byte[] stored = File.ReadAllBytes(path);
        stored[stored.Length / 2] ^= 1;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(path, stored);
    }

    private int DumpFiles() => Files().Count(file => file.EndsWith(".elf.zst", StringComparison.Ordinal));

    private string[] Files() => Directory.Exists(Dumps) ? Directory.GetFiles(Dumps) : [];
}
