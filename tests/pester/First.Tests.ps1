#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# The user-level suite: what an admin types, in the real shell, with the cmdlets that only the real shell has.

BeforeAll {
    $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/VmStats.PowerShell")
    Import-Module $module -Force
    $store = Join-Path $TestDrive 'telemetry.db'
    $dumps = Join-Path $TestDrive 'dumps'
    Connect-VmStats -Path $store -HypervisorUri 'sim://fleet?vms=6&seed=7&history=1h&speed=200'
    Start-VmTelemetryCollector -Interval 10s -Count 60 -Wait | Out-Null
}

AfterAll {
    Disconnect-VmStats
    Remove-Module VmStats.PowerShell -ErrorAction SilentlyContinue
}

Describe 'Telemetry' {
    It 'lists every VM of the fleet' {
        Get-MonitoredVm | Should -HaveCount 6
    }

    It 'gives each VM one latest sample, typed' {
        $latest = Get-VmTelemetry
        $latest | Should -HaveCount 6
        $latest[0] | Should -BeOfType [VmStats.VmTelemetry]
    }

    It 'goes through Where-Object, Sort-Object, Select-Object and Group-Object' {
        $busiest = Get-VmTelemetry | Where-Object CpuPercent | Sort-Object CpuPercent -Descending | Select-Object -First 2
        $busiest[0].CpuPercent | Should -BeGreaterOrEqual $busiest[1].CpuPercent
        Get-VmTelemetry | Group-Object State | Measure-Object Count -Sum | ForEach-Object Sum | Should -Be 6
    }

    It 'binds a VM from the pipeline by its UUID' {
        $vm = Get-MonitoredVm | Select-Object -First 1
        $samples = $vm | Get-VmTelemetry -Last 2h
        $samples | Should -Not -BeNullOrEmpty
        $samples.Uuid | Select-Object -Unique | Should -Be $vm.Uuid
    }

    It 'exports to CSV and JSON as numbers, in any culture' {
        $old = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            $row = Get-VmTelemetry | Where-Object CpuPercent | Select-Object -First 1
            ($row | ConvertTo-Json | ConvertFrom-Json).CpuPercent | Should -Be $row.CpuPercent
        }
        finally {
            [cultureinfo]::CurrentCulture = $old
        }
    }

    It 'rolls up, ranks and measures' {
        $buckets = Get-VmTelemetry -Last 2h -Interval 5m -Rollup P95 -Metric CpuPercent -Top 2
        $buckets | Group-Object Name | Should -HaveCount 2
        $buckets[0].Interval | Should -Be ([timespan]::FromMinutes(5))
        $measure = Measure-VmTelemetry -Last 2h -Metric CpuPercent | Sort-Object Maximum -Descending | Select-Object -First 1
        (Get-VmTelemetry $measure.Name -Last 2h | Measure-Object CpuPercent -Maximum).Maximum | Should -Be $measure.Maximum
    }

    It 'gives long rows that group and export' {
        Get-VmTelemetry -As Sample -Metric *BytesPerSecond | Export-Csv (Join-Path $TestDrive 'long.csv')
        $rows = Import-Csv (Join-Path $TestDrive 'long.csv')
        $rows.Unit | Select-Object -Unique | Should -Be 'bytes/s'
        $rows | Group-Object Metric | Should -Not -BeNullOrEmpty
    }

    It 'says what is wrong with an unknown name, and how to go on' {
        Get-VmTelemetry nosuch -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'VmNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'is silent about a wildcard that matches nothing' {
        Get-VmTelemetry nosuch* -ErrorVariable problem | Should -BeNullOrEmpty
        $problem | Should -BeNullOrEmpty
    }

    It 'stops upstream work when Select-Object has enough' {
        Get-VmTelemetry -Last 2h | Select-Object -First 1 | Should -HaveCount 1
        $Error | Where-Object { $_ -is [Management.Automation.ErrorRecord] -and $_.FullyQualifiedErrorId -like 'PipelineStopped*' } |
            Should -BeNullOrEmpty
    }
}

Describe 'Memory dumps' {
    It 'dumps a piped VM, and the hash is that of the expanded file' {
        $vm = Get-MonitoredVm -Live | Where-Object State -EQ Running | Select-Object -First 1
        $dump = $vm | Invoke-MemoryDump -Path $dumps -Compression Gzip
        $dump.State | Should -Be 'Completed'
        $raw = Join-Path $TestDrive 'raw.elf'
        $from = [IO.Compression.GZipStream]::new([IO.File]::OpenRead($dump.Path), [IO.Compression.CompressionMode]::Decompress)
        $to = [IO.File]::Create($raw)
        $from.CopyTo($to); $to.Dispose(); $from.Dispose()
        (Get-FileHash $raw -Algorithm SHA256).Hash | Should -Be $dump.Sha256
    }

    It 'prints a plan and does nothing with -WhatIf' {
        $before = @(Get-MemoryDumpRecord).Count
        Get-MonitoredVm -Live | Where-Object State -EQ Running | Select-Object -First 1 | Invoke-MemoryDump -Path $dumps -WhatIf
        @(Get-MemoryDumpRecord).Count | Should -Be $before
    }

    It 'is verified, and a flipped bit is found and named' {
        $record = Get-MemoryDumpRecord | Select-Object -First 1
        ($record | Test-MemoryDump).IsValid | Should -BeTrue
        $copy = Join-Path $TestDrive 'copy'
        Copy-Item $dumps $copy -Recurse
        $file = Get-ChildItem $copy -Filter *.gz | Select-Object -First 1
        $bytes = [IO.File]::ReadAllBytes($file.FullName)
        $bytes[$bytes.Length / 2] = $bytes[$bytes.Length / 2] -bxor 1
        Remove-Item $file.FullName -Force
        [IO.File]::WriteAllBytes($file.FullName, $bytes)
        $check = Test-MemoryDump $file.FullName
        $check.IsValid | Should -BeFalse
        "$($check.Findings)" | Should -BeLike '*hash*'
    }

    It 'runs as a job that Receive-Job and Wait-Job take' {
        $vm = Get-MonitoredVm -Live | Where-Object State -EQ Running | Select-Object -Last 1
        $job = $vm | Invoke-MemoryDump -Path $dumps -AsJob
        $done = $job | Wait-Job -Timeout 120
        $done.State | Should -Be 'Completed'
        ($job | Receive-Job).State | Should -Be 'Completed'
        Remove-Job $job
    }

    It 'has records and the statistics of them' {
        Get-MemoryDumpRecord | Should -HaveCount 2
        (Get-MemoryDumpStats).Count | Should -Be 2
    }
}

Describe 'The module' {
    It 'has help with examples for each cmdlet' {
        foreach ($command in Get-Command -Module VmStats.PowerShell) {
            $help = Get-Help $command.Name -Full
            $help.Synopsis | Should -Not -BeLike "$($command.Name)*" -Because $command.Name
            $help.Examples | Should -Not -BeNullOrEmpty -Because $command.Name
        }
    }

    It 'can be removed and imported again' {
        Remove-Module VmStats.PowerShell
        Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../out/VmStats.PowerShell"))
        Get-Command -Module VmStats.PowerShell | Should -Not -BeNullOrEmpty
    }
}
