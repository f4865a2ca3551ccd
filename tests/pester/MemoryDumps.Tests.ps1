#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Memory dumps of a simulated fleet: taken, checked, expanded, kept and removed, with their records in each store.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"

    # A MiB a second, of 12 and more: time enough to look at a dump, or to stop it.
    $slow = 'sim://slow?vms=8&seed=3&mem=0.125&dumprate=1'

    function New-DumpFolder { Join-Path (Convert-Path $TestDrive) "dumps-$([guid]::NewGuid().ToString('N').Substring(0, 8))" }
}

Describe 'Records of dumps in <_>' -ForEach 'embedded', 'influxdb1', 'influxdb3' {
    BeforeAll {
        $part = $_ -eq 'embedded' ? [pscustomobject]@{ Absent = $null } : (Start-TestPart $_)
        if ($_ -eq 'embedded') { Connect-VmStats -Path "$TestDrive/records.db" -HypervisorUri $LiveFleet }
        elseif (-not $part.Absent) {
            Connect-VmStats $part.Url dumps -HypervisorUri $LiveFleet
            $null = Initialize-VmStatsDatabase
        }

        if (-not $part.Absent) {
            $folder = New-DumpFolder
            $began = Get-Date
            $first = Invoke-MemoryDump -Name db01 -Path $folder -Note 'case 4711' -Compression Gzip -CompressionLevel 3
            $null = Invoke-MemoryDump web01, web02 -Path $folder -ThrottleLimit 1
            $failed = Get-ErrorId { Invoke-MemoryDump db01 -HypervisorUri $slow -Path $folder -Timeout 500ms }
        }
    }

    BeforeEach { Assert-TestPart $part }

    AfterAll {
        Disconnect-VmStats
        if ($part.PSObject.Properties['Process']) { Stop-TestPart $part }
    }

    It 'say what was dumped, how, and what its hashes are' {
        $record = Get-MemoryDumpRecord -Name db01 -State Completed
        foreach ($property in 'Sha256', 'StoredSha256', 'RawBytes', 'StoredBytes', 'Path', 'Uuid', 'DumpId', 'LedgerHead') {
            $record.$property | Should -Not -BeNullOrEmpty -Because $property
            $record.$property | Should -Be $first.$property -Because $property
        }

        $record.Note | Should -Be 'case 4711'
        $record.Compression | Should -Be 'Gzip'
        $record.CompressionLevel | Should -Be 3
        $record.StoredSha256 | Should -Be (Get-FileHash $record.Path -Algorithm SHA256).Hash
        $record.StoredBytes | Should -Be (Get-Item $record.Path).Length
        $record.RawBytes | Should -BeGreaterThan 64MB
        $record.IsSimulated | Should -BeTrue
    }

    It 'are chosen by -State, -Hash, -First, -Skip and -Uuid' {
        @(Get-MemoryDumpRecord) | Should -HaveCount 4
        $failed | Should -Be 'DumpTimeout'
        (Get-MemoryDumpRecord -State Failed).ErrorId | Should -Be 'DumpTimeout'
        (Get-MemoryDumpRecord -Hash $first.Sha256.Substring(0, 12)).Name | Should -Be 'db01'
        (Get-MemoryDumpRecord -Hash $first.StoredSha256).Name | Should -Be 'db01'
        # Newest first.
        (Get-MemoryDumpRecord -First 1).State | Should -Be 'Failed'
        (Get-MemoryDumpRecord -Skip 3).DumpId | Should -Be $first.DumpId
        @(Get-MemoryDumpRecord -Uuid $first.Uuid) | Should -HaveCount 2
        @(Get-MonitoredVm web* -Live | Get-MemoryDumpRecord) | Should -HaveCount 2
    }

    It 'are chosen by -Start and -Finish' {
        @(Get-MemoryDumpRecord -Start $began) | Should -HaveCount 4
        @(Get-MemoryDumpRecord -Start $first.Time -Finish $first.Time.AddTicks(10)) | Should -HaveCount 1
        @(Get-MemoryDumpRecord -Finish $began) | Should -HaveCount 0
    }

    It 'don''t overlap where -ThrottleLimit allows one at a time' {
        $pair = Get-MemoryDumpRecord web* | Sort-Object Time
        $pair | Should -HaveCount 2
        $pair[0].Time + $pair[0].Duration | Should -BeLessOrEqual $pair[1].Time
    }

    It 'are counted by Get-MemoryDumpStats' {
        $records = Get-MemoryDumpRecord -State Completed
        $stats = Get-MemoryDumpStats
        $stats.Count | Should -Be 3
        $stats.VmCount | Should -Be 3
        $stats.FailureCount | Should -Be 1
        $stats.RawBytes | Should -Be ($records | Measure-Object RawBytes -Sum).Sum
        $stats.StoredBytes | Should -Be ($records | Measure-Object StoredBytes -Sum).Sum
        $stats.LastDump.ToUniversalTime().Ticks | Should -Be ($records | Sort-Object Time)[-1].Time.ToUniversalTime().Ticks
    }

    It 'are counted for each VM, for chosen VMs, and in a range' {
        $each = Get-MemoryDumpStats -PerVm | Sort-Object Name
        $each.Name | Should -Be 'db01', 'web01', 'web02'
        $each[0].FailureCount | Should -Be 1
        (Get-MemoryDumpStats -Name web*).Count | Should -Be 2
        (Get-MemoryDumpStats -Uuid $first.Uuid).RawBytes | Should -Be $first.RawBytes
        (Get-MemoryDumpStats -Start $began -Finish 0.001s).Count | Should -Be 3
        $none = Get-MemoryDumpStats -Finish $began
        $none.Count | Should -Be 0
        $null -eq $none.Ratio | Should -BeTrue
    }

    It 'are found by Test-MemoryDump, which agrees with them' {
        $check = Get-MemoryDumpRecord db01 | Test-MemoryDump -Detailed
        $check.IsValid | Should -BeTrue
        $check.StoreRecordCount | Should -Be 1
        $check.Sha256 | Should -Be $first.Sha256
    }
}

Describe 'Invoke-MemoryDump' {
    BeforeAll { Connect-VmStats -Path "$TestDrive/dumps.db" -HypervisorUri $LiveFleet }

    AfterAll { Disconnect-VmStats }

    It 'keeps the ELF core as it is with -Compression None' {
        $dump = Get-MonitoredVm db01 -Live | Invoke-MemoryDump -Path (New-DumpFolder) -Compression None
        $dump.State | Should -Be 'Completed'
        $dump.Sha256 | Should -Be (Get-FileHash $dump.Path).Hash
        $dump.StoredBytes | Should -Be $dump.RawBytes
        $head = [byte[]]::new(4)
        $file = [IO.File]::OpenRead($dump.Path)
        try { $file.ReadExactly($head, 0, 4) } finally { $file.Dispose() }
        $head | Should -Be 0x7f, 0x45, 0x4c, 0x46
        [IO.File]::GetUnixFileMode($dump.Path) | Should -Be 'UserRead'
    }

    It 'writes what zcat reads with -Compression Gzip' {
        $dump = Invoke-MemoryDump -Uuid (Get-MonitoredVm web01 -Live).Uuid -Name web01 -Path (New-DumpFolder) -Compression Gzip
        $from = [IO.Compression.GZipStream]::new([IO.File]::OpenRead($dump.Path), [IO.Compression.CompressionMode]::Decompress)
        try { (Get-FileHash -InputStream $from).Hash | Should -Be $dump.Sha256 } finally { $from.Dispose() }
    }

    It 'dumps several VMs with a small -BufferSize' {
        $dumps = Invoke-MemoryDump app02, cache01 -Path (New-DumpFolder) -BufferSize 4MB -Timeout 5m
        $dumps.Name | Sort-Object | Should -Be 'app02', 'cache01'
        $dumps.State | Select-Object -Unique | Should -Be 'Completed'
        { Invoke-MemoryDump app02 -BufferSize 1KB } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }

    It 'crashes or resets a VM without asking when -Confirm:$false says so' {
        $folder = New-DumpFolder
        (Invoke-MemoryDump web01 -Crash -Confirm:$false -Path $folder).Flags | Should -Be 'memory-only,crash'
        (Get-MonitoredVm web01 -Live).State | Should -Be 'ShutOff'
        (Invoke-MemoryDump web02 -Reset -Confirm:$false -Path $folder).Flags | Should -Be 'memory-only,reset'
        (Get-MonitoredVm web02 -Live).State | Should -Be 'Running'
    }

    It 'says where a switch has no effect, or excludes another' {
        $folder = New-DumpFolder
        $null = Invoke-MemoryDump db01 -Live -Path $folder -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike '*pauses the guest*'
        (Invoke-MemoryDump db01 -BypassCache -Path $folder -WarningAction SilentlyContinue).Flags | Should -Be 'memory-only,bypass-cache'
        Get-ErrorId { Invoke-MemoryDump db01 -Crash -Reset -Confirm:$false } | Should -Be 'DumpFlagsConflict'
        Get-ErrorId { Invoke-MemoryDump db01 -Compression Gzip -CompressionLevel 12 } | Should -Be 'DumpLevelInvalid'
    }

    It 'leaves no file of a VM that is off or unknown' {
        $folder = New-DumpFolder
        (Get-MonitoredVm mail01 -Live).State | Should -Be 'ShutOff'
        Get-ErrorId { Invoke-MemoryDump mail01, nosuch -Path $folder } | Sort-Object | Should -Be 'VmNotFound', 'VmNotRunning'
        Get-ChildItem $folder -Filter *.elf* -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'puts its record into the store of -Connection' {
        $other = Connect-VmStats -Path "$TestDrive/other.db" -PassThru -HypervisorUri $LiveFleet
        $before = @(Get-MemoryDumpRecord).Count
        $dump = Invoke-MemoryDump db01 -Connection $other -Path (New-DumpFolder) -Note "it's `"case`" 1, two=3"
        (Get-MemoryDumpRecord -Connection $other).Note | Should -Be "it's `"case`" 1, two=3"
        (Get-MemoryDumpRecord -Connection $other).DumpId | Should -Be $dump.DumpId
        (Get-MemoryDumpStats -Connection $other).Count | Should -Be 1
        @(Get-MemoryDumpRecord).Count | Should -Be $before
        (Test-MemoryDump $dump.Path -Detailed -Connection $other).StoreRecordCount | Should -Be 1
        Disconnect-VmStats $other
    }

    It 'shows its plan with -WhatIf and dumps nothing; -Confirm asks, and takes no for an answer' {
        $folder = New-DumpFolder
        $shown = Invoke-TestShell {
            param($store, $folder)
            Connect-VmStats -Path $store -HypervisorUri 'sim://live?vms=8&seed=3&mem=0.125'
            Invoke-MemoryDump db01 -Path $folder -WhatIf
            Invoke-MemoryDump db01 -Path $folder -Confirm
            @(Get-MemoryDumpRecord).Count
            Invoke-MemoryDump db01 -Path $folder -Confirm | ForEach-Object { "took $($_.Name)" }
        } -ArgumentList "$TestDrive/asked.db", $folder -InputText "n`ny`n"
        $shown.Error | Should -BeNullOrEmpty
        $shown.Output | Should -BeLike '*db01*Dump the memory of db01*took db01'
        $shown.Output -split "`n" | Should -Contain '0'
    }

    It 'asks before -Crash, and does nothing where nobody can answer' {
        $folder = New-DumpFolder
        $answer = Invoke-TestShell {
            param($store, $folder)
            Connect-VmStats -Path $store -HypervisorUri 'sim://live?vms=8&seed=3&mem=0.125'
            Invoke-MemoryDump db01 -Path $folder -Crash
            (Get-MonitoredVm db01 -Live).State
        } -ArgumentList "$TestDrive/asked.db", $folder -NonInteractive
        $answer.Error | Should -BeLike '*NonInteractive*'
        $answer.Output | Should -BeLike '*Running*'
        Get-ChildItem $folder -Filter *.elf* -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}

Describe 'A dump that runs' {
    BeforeAll {
        Connect-VmStats -Path "$TestDrive/running.db" -HypervisorUri $slow
        $folder = New-DumpFolder
    }

    AfterAll {
        Get-Job | Stop-Job -PassThru | Remove-Job
        Disconnect-VmStats
    }

    It 'is shown by Get-MemoryDumpStatus and ended by Stop-MemoryDump' {
        $job = Invoke-MemoryDump db01 -Path $folder -AsJob
        Wait-Until 'it runs' { Get-MemoryDumpStatus -Name db01 -State Running | Where-Object PercentComplete -GT 0 }
        $status = Get-MemoryDumpStatus -Uuid (Get-MonitoredVm db01 -Live).Uuid -State Running
        $status.ProcessId | Should -Be $PID
        $status.TotalBytes | Should -BeGreaterThan 64MB
        $status.Source | Should -Be 'local'

        Stop-MemoryDump -Name db01 -WhatIf
        (Get-MemoryDumpStatus db01 -State Running) | Should -Not -BeNullOrEmpty
        $ended = Stop-MemoryDump -Name db01 -DumpId $status.DumpId -PassThru -Confirm:$false
        $ended.State | Should -Be 'Cancelled'
        ($job | Wait-Job -Timeout 60).State | Should -Be 'Failed'
        (Get-MemoryDumpRecord db01).State | Should -Be 'Cancelled'
        Get-ChildItem $folder -Filter *.elf* | Should -BeNullOrEmpty
        Get-ErrorId { Stop-MemoryDump db01 } | Should -Be 'DumpNotRunning'
        Get-ErrorId { Stop-MemoryDump db01 -Uuid $status.Uuid } | Should -Be 'DumpNotRunning'
    }

    It 'is ended from the pipeline' {
        $null = Invoke-MemoryDump web01, web02 -Path $folder -AsJob -ThrottleLimit 2
        Wait-Until 'both run' { @(Get-MemoryDumpStatus web* -State Running).Count -eq 2 }
        Get-ErrorId { Invoke-MemoryDump web01 -Path $folder } | Should -Be 'DumpAlreadyRunning'
        (Get-MemoryDumpStatus web* -State Running, Queued | Stop-MemoryDump -PassThru).State | Should -Be 'Cancelled', 'Cancelled'
    }
}

Describe 'Test-MemoryDump and Expand-MemoryDump' {
    BeforeAll {
        Connect-VmStats -Path "$TestDrive/kept.db" -HypervisorUri $LiveFleet
        $folder = New-DumpFolder
        $dump = Invoke-MemoryDump db01 -Path $folder
    }

    AfterAll { Disconnect-VmStats }

    It 'find a sound dump sound' {
        $check = Test-MemoryDump -Path $dump.Path -Detailed
        $check.IsValid | Should -BeTrue
        $check.RawBytes | Should -Be $dump.RawBytes
        Test-MemoryDump $dump.Path | Should -BeExactly $true
        Test-MemoryDump $dump.Path -Quiet | Should -BeExactly $true
        $null -eq (Test-MemoryDump $dump.Path -NoStore -Detailed).StoreRecordCount | Should -BeTrue
    }

    It 'only read, unless Test-MemoryDump is told to record what it found' {
        $ledger = "$folder/ledger.jsonl"
        $lines = @(Get-Content $ledger).Count
        $null = Test-MemoryDump $dump.Path
        $null = Test-MemoryDump $dump.Path -Record -WhatIf
        @(Get-Content $ledger).Count | Should -Be $lines
        $null = Test-MemoryDump $dump.Path -Record -Confirm:$false
        @(Get-Content $ledger).Count | Should -Be ($lines + 1)
    }

    It 'find a flipped bit, and name it' {
        $copy = New-DumpFolder
        Copy-Item $folder $copy -Recurse
        $file = Get-ChildItem $copy -Filter *.zst
        $bytes = [IO.File]::ReadAllBytes($file)
        $bytes[$bytes.Length / 2] = $bytes[$bytes.Length / 2] -bxor 1
        Remove-Item $file -Force
        [IO.File]::WriteAllBytes($file, $bytes)
        $check = Test-MemoryDump $file -Detailed
        $check.IsValid | Should -BeFalse
        "$($check.Findings)" | Should -BeLike '*hash*'
        $answer = if (Test-MemoryDump $file -WarningVariable warnings -WarningAction SilentlyContinue) { 'sound' } else { 'doubtful' }
        $answer | Should -Be 'doubtful'
        "$warnings" | Should -BeLike "*$($file.Name)*hash*"
        Test-MemoryDump $file -Quiet 3>&1 | Should -BeExactly $false
        # One answer a dump.
        $file, (Get-Item $dump.Path) | Test-MemoryDump -Quiet | Should -Be $false, $true
        Get-ErrorId { Expand-MemoryDump $file -Destination "$TestDrive/damaged.elf" } | Should -BeLike 'Dump*'
        "$TestDrive/damaged.elf" | Should -Not -Exist
    }

    It 'give back the ELF core' {
        Expand-MemoryDump $dump.Path -Destination "$TestDrive/db01.elf" -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/db01.elf" | Should -Not -Exist
        $expanded = Get-MemoryDumpRecord db01 | Expand-MemoryDump -Destination "$TestDrive/db01.elf"
        $expanded.IsVerified | Should -BeTrue
        (Get-FileHash "$TestDrive/db01.elf").Hash | Should -Be $dump.Sha256
        Get-ErrorId { Expand-MemoryDump $dump.Path -Destination "$TestDrive/db01.elf" } | Should -Be 'DumpExpandTargetExists'
        (Expand-MemoryDump -Path $dump.Path -Destination "$TestDrive/db01.elf" -Force -Confirm:$false).Bytes | Should -Be $dump.RawBytes
    }

    It 'give back the guest''s memory with -As Raw' {
        $connection = Get-VmStatsConnection
        $raw = Expand-MemoryDump $dump.Path -Destination "$TestDrive/db01.raw" -As Raw -Connection $connection
        $raw.Kind | Should -Be 'Raw'
        $size = (Get-MonitoredVm db01 -Live).MemoryBytes
        (Get-Item "$TestDrive/db01.raw").Length | Should -BeGreaterOrEqual $size
        # The simulated guest's marker is in its memory.
        Select-String -Path "$TestDrive/db01.raw" -Pattern "VMSTATS-SIM-$($dump.Uuid)" -SimpleMatch -Quiet | Should -BeTrue
    }
}

Describe 'Remove-MemoryDump' {
    BeforeAll {
        Connect-VmStats -Path "$TestDrive/removed.db" -HypervisorUri $LiveFleet
    }

    BeforeEach {
        $folder = New-DumpFolder
        $dumps = 1..3 | ForEach-Object { Invoke-MemoryDump db01 -Path $folder }
    }

    AfterAll { Disconnect-VmStats }

    It 'keeps the newest of each VM with -KeepLast' {
        Remove-MemoryDump -Folder $folder -KeepLast 1 -WhatIf | Where-Object IsRemoved | Should -BeNullOrEmpty
        @(Get-ChildItem $folder -Filter *.zst) | Should -HaveCount 3
        $removed = Remove-MemoryDump -Folder $folder -KeepLast 1 -Confirm:$false | Where-Object IsRemoved
        $removed.Dump.DumpId | Should -Be $dumps[0].DumpId, $dumps[1].DumpId
        (Get-ChildItem $folder -Filter *.zst).FullName | Should -Be $dumps[2].Path
    }

    It 'removes by age, but never a VM''s last dump unless -Force' {
        Start-Sleep -Milliseconds 1100
        $null = Remove-MemoryDump -Folder $folder -OlderThan 1s -Confirm:$false
        (Get-ChildItem $folder -Filter *.zst).FullName | Should -Be $dumps[2].Path
        (Remove-MemoryDump -Folder $folder -OlderThan 1s -Force -Confirm:$false).IsRemoved | Should -BeTrue
        Get-ChildItem $folder -Filter *.zst | Should -BeNullOrEmpty
    }

    It 'removes the oldest until -MaximumSize holds' {
        $null = Remove-MemoryDump -Folder $folder -MaximumSize ($dumps[1].StoredBytes + $dumps[2].StoredBytes) -Confirm:$false
        (Get-ChildItem $folder -Filter *.zst).FullName | Sort-Object | Should -Be ($dumps[1, 2].Path | Sort-Object)
    }

    It 'removes those that are piped in or named by -Path' {
        $null = $dumps[0] | Remove-MemoryDump -Confirm:$false
        $null = Remove-MemoryDump -Path $dumps[1].Path -Confirm:$false
        (Get-ChildItem $folder -Filter *.zst).FullName | Should -Be $dumps[2].Path
        # Whatever was to be piped in was nothing: that isn't the whole folder.
        Get-MemoryDumpRecord nosuch* | Remove-MemoryDump -Force -Confirm:$false | Should -BeNullOrEmpty
        (Get-ChildItem $folder -Filter *.zst).FullName | Should -Be $dumps[2].Path
    }

    It 'leaves a dump on hold until it is released' {
        (Remove-MemoryDump -Path $dumps[0].Path -Hold -Confirm:$false).IsHeld | Should -BeTrue
        $null = Remove-MemoryDump -Folder $folder -KeepLast 0 -Force -Confirm:$false
        (Get-ChildItem $folder -Filter *.zst).FullName | Should -Be $dumps[0].Path
        (Remove-MemoryDump -Folder $folder -Name db* -Release -Confirm:$false).IsHeld | Should -BeFalse
        $null = Remove-MemoryDump -Folder $folder -KeepLast 0 -Force -Confirm:$false
        Get-ChildItem $folder -Filter *.zst | Should -BeNullOrEmpty
    }

    It 'only looks at dumps of the VMs that -Name names' {
        $other = Invoke-MemoryDump web02 -Path $folder
        $null = Remove-MemoryDump -Name web02 -Folder $folder -KeepLast 0 -Force -Confirm:$false
        $other.Path | Should -Not -Exist
        @(Get-ChildItem $folder -Filter *.zst) | Should -HaveCount 3
    }

    It 'asks, and takes no for an answer' {
        $answer = Invoke-TestShell {
            param($store, $folder)
            Connect-VmStats -Path $store
            Remove-MemoryDump -Folder $folder -KeepLast 2
            Remove-MemoryDump -Folder $folder -KeepLast 2 | ForEach-Object { "removed $($_.IsRemoved)" }
        } -ArgumentList "$TestDrive/removed.db", $folder -InputText "n`ny`n"
        $answer.Output | Should -BeLike '*Remove the memory dump*Remove the memory dump*removed True'
        @(Get-ChildItem $folder -Filter *.zst) | Should -HaveCount 2
    }

    It 'does nothing where nobody can answer' {
        $answer = Invoke-TestShell {
            param($store, $folder)
            Connect-VmStats -Path $store
            Remove-MemoryDump -Folder $folder -KeepLast 2
        } -ArgumentList "$TestDrive/removed.db", $folder -NonInteractive
        $answer.Error | Should -BeLike '*NonInteractive*'
        @(Get-ChildItem $folder -Filter *.zst) | Should -HaveCount 3
    }
}
