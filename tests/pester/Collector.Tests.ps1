#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Collectors: in the foreground and in the background of a session, into each kind of store, and over an outage of one.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
}

Describe 'A collector into <_>' -ForEach 'embedded', 'influxdb1', 'influxdb3' {
    BeforeAll {
        $part = $_ -eq 'embedded' ? [pscustomobject]@{ Absent = $null } : (Start-TestPart $_)
        if ($_ -eq 'embedded') { Connect-VmStats -Path "$TestDrive/telemetry.db" -HypervisorUri $LiveFleet }
        elseif (-not $part.Absent) {
            Connect-VmStats $part.Url collected -HypervisorUri $LiveFleet
            $null = Initialize-VmStatsDatabase
        }
    }

    BeforeEach { Assert-TestPart $part }

    AfterAll {
        Disconnect-VmStats
        if ($part.PSObject.Properties['Process']) { Stop-TestPart $part }
    }

    It 'polls -Count times at -Interval with -Wait, and says what it did' {
        $status = Start-VmTelemetryCollector -Interval 200ms -Count 5 -Wait
        $status.State | Should -Be 'Stopped'
        $status.Polls | Should -Be 5
        $status.Interval | Should -Be ([timespan]::FromMilliseconds(200))
        $status.VmsMonitored | Should -Be 8
        $status.PointsCollected | Should -BeGreaterThan 40
        $status.PointsWritten | Should -Be $status.PointsCollected
        $status.PointsDropped + $status.PointsRejected + $status.Errors | Should -Be 0
        $status.HypervisorUri | Should -Be $LiveFleet
    }

    It 'has put a sample of each VM and poll into the store' {
        # In the session that has read the table before the collector gave it another tag.
        $samples = Get-VmTelemetry -Last 10m
        # A simulated fleet makes up at once for a poll that comes late, so that on a busy machine two may share a time.
        $counts = @($samples | Group-Object Name | ForEach-Object Count | Select-Object -Unique)
        $counts | Should -HaveCount 1
        $counts | Should -BeIn 4, 5
        $samples.IsSimulated | Select-Object -Unique | Should -BeTrue
        @(Get-VmTelemetry db01 -Device).DeviceType | Select-Object -Unique | Sort-Object | Should -Be 'disk', 'nic'
        (Get-MonitoredVm db01).Uuid | Should -Be (Get-MonitoredVm db01 -Live).Uuid
    }
}

Describe 'A collector in the background' {
    BeforeAll { Connect-VmStats -Path "$TestDrive/background.db" -HypervisorUri $LiveFleet }

    AfterEach { Get-VmTelemetryCollector | Where-Object State -EQ Running | Stop-VmTelemetryCollector }

    AfterAll { Disconnect-VmStats }

    It 'is listed, and stopped by its -Id' {
        $started = Start-VmTelemetryCollector -Interval 100ms
        $started.State | Should -Be 'Running'
        Wait-Until 'it has polled' { (Get-VmTelemetryCollector -Id $started.Id).Polls -ge 3 }
        (Get-VmTelemetryCollector).Id | Should -Contain $started.Id

        Stop-VmTelemetryCollector -Id $started.Id -WhatIf
        (Get-VmTelemetryCollector $started.Id).State | Should -Be 'Running'
        $ended = Stop-VmTelemetryCollector -Id $started.Id -PassThru -Confirm:$false
        $ended.State | Should -Be 'Stopped'
        $ended.PointsWritten | Should -Be $ended.PointsCollected
        $ended.EndedAt | Should -Not -BeNullOrEmpty
    }

    It 'is stopped from the pipeline' {
        $two = 1..2 | ForEach-Object { Start-VmTelemetryCollector -HypervisorUri "sim://fleet$($_)?vms=2" -Interval 500ms }
        $ended = $two | Get-VmTelemetryCollector | Stop-VmTelemetryCollector -PassThru
        $ended.State | Should -Be 'Stopped', 'Stopped'
        $ended.HypervisorUri | Should -Be 'sim://fleet1?vms=2', 'sim://fleet2?vms=2'
    }

    It 'goes on with its store when the session connects to another' {
        $started = Start-VmTelemetryCollector -Interval 100ms
        Connect-VmStats -Path "$TestDrive/later.db" -HypervisorUri $LiveFleet
        $polls = (Get-VmTelemetryCollector $started.Id).Polls
        Wait-Until 'it polls on' { (Get-VmTelemetryCollector $started.Id).Polls -ge $polls + 3 }
        $ended = Stop-VmTelemetryCollector $started.Id -PassThru
        $ended.Store | Should -BeLike '*background.db*'
        $ended.Errors | Should -Be 0
        Get-VmTelemetry -Last 5m | Should -BeNullOrEmpty
        Connect-VmStats -Path "$TestDrive/background.db" -HypervisorUri $LiveFleet
        Get-VmTelemetry -Last 5m | Should -Not -BeNullOrEmpty
    }

    It 'writes to the store of -Connection' {
        $other = Connect-VmStats -Path "$TestDrive/other.db" -PassThru
        $status = Start-VmTelemetryCollector -HypervisorUri 'sim://other?vms=3' -Connection $other -Count 2 -Interval 100ms -Wait
        $status.Store | Should -BeLike '*other.db*'
        Get-MonitoredVm -Connection $other | Should -HaveCount 3
        Disconnect-VmStats $other
    }

    It 'polls at POLL_INTERVAL where no interval is given' {
        $env:POLL_INTERVAL = '0.2'
        try { (Start-VmTelemetryCollector -Count 2 -Wait).Interval | Should -Be ([timespan]::FromMilliseconds(200)) }
        finally { $env:POLL_INTERVAL = $null }
    }

    It 'isn''t started with -WhatIf, nor against an answer of no' {
        $before = @(Get-VmTelemetryCollector).Count
        Start-VmTelemetryCollector -WhatIf | Should -BeNullOrEmpty
        @(Get-VmTelemetryCollector).Count | Should -Be $before
        $answer = Invoke-TestShell {
            param($store)
            Connect-VmStats -Path $store -HypervisorUri 'sim://live?vms=2'
            Start-VmTelemetryCollector -Count 1 -Wait -Confirm
            "collectors: $(@(Get-VmTelemetryCollector).Count)"
        } -ArgumentList "$TestDrive/asked.db" -InputText "n`n"
        $answer.Output | Should -BeLike '*Collect telemetry*collectors: 0'
    }

    It 'is an error where there is none, or no such hypervisor' {
        Get-ErrorId { Get-VmTelemetryCollector 4711 } | Should -Be 'CollectorNotFound'
        Get-ErrorId { Stop-VmTelemetryCollector 4711 } | Should -Be 'CollectorNotFound'
        Get-ErrorId { Start-VmTelemetryCollector -HypervisorUri 'sim://fleet?nonsense=1' } | Should -Be 'InvalidHypervisorUri'
        { Start-VmTelemetryCollector -Interval 5 -Count 1 } | Should -Throw -ExpectedMessage '*not a duration*'
    }
}

Describe 'A collector whose store stops answering' {
    BeforeAll { $part = Start-TestPart influxdb1 }

    AfterAll {
        Disconnect-VmStats
        Stop-TestPart $part
    }

    It 'keeps what it collects in its spool, and brings it in when the store is back' {
        Assert-TestPart $part
        Connect-VmStats $part.Url outage -TimeoutSec 2 -HypervisorUri 'sim://live?vms=4&seed=3'
        $null = Initialize-VmStatsDatabase
        $collector = Start-VmTelemetryCollector -Interval 250ms
        Wait-Until 'it writes' { (Get-VmTelemetryCollector $collector.Id).PointsWritten -gt 0 }
        Send-Signal STOP $part.ProcessId
        try { Wait-Until 'it spools' { (Get-VmTelemetryCollector $collector.Id).PointsSpooled -gt 0 } -TimeoutSec 120 }
        finally { Send-Signal CONT $part.ProcessId }
        Wait-Until 'the spool is brought in' {
            $now = Get-VmTelemetryCollector $collector.Id
            $now.PointsReplayed -gt 0 -and $now.PointsReplayed -eq $now.PointsSpooled
        } -TimeoutSec 120
        $status = Stop-VmTelemetryCollector $collector.Id -PassThru
        $status.PointsDropped | Should -Be 0
        # Each poll's sample is there once; some may share a time, as above, but an outage's would be more than a tenth.
        $samples = Get-VmTelemetry db01 -Last 30m
        $samples.Count | Should -BeGreaterThan ($status.Polls * 0.9)
        $samples.Count | Should -BeLessOrEqual $status.Polls
        ($samples | Group-Object Time | Where-Object Count -GT 1) | Should -BeNullOrEmpty
    }
}
