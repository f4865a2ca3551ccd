#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Work beside the session: jobs in other processes, other threads, and the job that -AsJob gives.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $store = Join-Path (Convert-Path $TestDrive) telemetry.db
    $dumps = Join-Path (Convert-Path $TestDrive) dumps
    New-FleetStore $store -Polls 30
}

AfterAll {
    Get-Job | Stop-Job -PassThru | Remove-Job
    Disconnect-VmStats
}

Describe 'Start-Job' {
    It 'reads a store in a process of its own, and its numbers stay numbers' {
        $job = Start-Job {
            Import-Module $using:ModuleManifest
            Connect-VmStats -Path $using:store
            Get-VmTelemetry
        }
        $there = $job | Wait-Job -Timeout 120 | Receive-Job -ErrorAction Stop | Sort-Object Name
        $here = Get-VmTelemetry | Sort-Object Name
        $there.Name | Should -Be $here.Name
        $busy = $there | Where-Object Name -EQ db01
        $busy.CpuPercent | Should -BeOfType [double]
        $busy.CpuPercent | Should -Be ($here | Where-Object Name -EQ db01).CpuPercent
        $busy.NetRxBytes | Should -BeOfType [long]
        Remove-Job $job
    }

    It 'fails as a script does where the store can''t be reached' {
        $job = Start-Job {
            Import-Module $using:ModuleManifest
            $ErrorActionPreference = 'Stop'
            Connect-VmStats http://127.0.0.1:9 vms
        }
        $null = $job | Wait-Job -Timeout 120
        $job.State | Should -Be 'Failed'
        Remove-Job $job
    }
}

Describe 'Start-ThreadJob' {
    It 'takes the session''s connection by -Connection $using:connection' {
        $connection = Get-VmStatsConnection
        $job = Start-ThreadJob {
            Import-Module $using:ModuleManifest
            Get-MonitoredVm -Connection $using:connection
            Measure-VmTelemetry -Last 2h -Metric CpuPercent -Connection $using:connection
        }
        $answer = $job | Wait-Job -Timeout 120 | Receive-Job -ErrorAction Stop
        @($answer | Where-Object { $_ -is [VmStats.MonitoredVm] }) | Should -HaveCount 8
        @($answer | Where-Object { $_ -is [VmStats.VmTelemetryStatistics] }) | Should -Not -BeNullOrEmpty
        Remove-Job $job
    }

    It 'collects into a store that this session reads meanwhile' {
        $path = "$TestDrive/meanwhile.db"
        $job = Start-ThreadJob {
            Import-Module $using:ModuleManifest
            Connect-VmStats -Path $using:path -HypervisorUri $using:LiveFleet
            Start-VmTelemetryCollector -Interval 100ms -Count 20 -Wait
        }
        $reader = Connect-VmStats -Path $path -PassThru
        Wait-Until 'there are samples' { Get-VmTelemetry -Last 5m -Connection $reader -ErrorAction Ignore }
        $status = $job | Wait-Job -Timeout 120 | Receive-Job -ErrorAction Stop
        $status.Polls | Should -Be 20
        $status.PointsWritten | Should -Be $status.PointsCollected
        # Its collector isn't this session's.
        Get-VmTelemetryCollector | Where-Object Store -Like '*meanwhile*' | Should -BeNullOrEmpty
        Disconnect-VmStats $reader
        Remove-Job $job
    }
}

Describe 'ForEach-Object -Parallel' {
    It 'reads by one connection from several threads at once' {
        $connection = Get-VmStatsConnection
        $counts = Get-MonitoredVm | Where-Object State -EQ Running | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:ModuleManifest
            [pscustomobject]@{ Name = $_.Name; Samples = @($_ | Get-VmTelemetry -Last 2h -Connection $using:connection).Count }
        }
        foreach ($count in $counts) {
            $count.Samples | Should -Be @(Get-VmTelemetry $count.Name -Last 2h).Count -Because $count.Name
        }
    }

    It 'connects in each thread by itself' {
        $answers = 1..4 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:ModuleManifest
            Connect-VmStats -Path $using:store
            @(Get-MonitoredVm).Count
            Disconnect-VmStats
        }
        $answers | Should -Be 8, 8, 8, 8
        (Get-VmStatsConnection).Address | Should -Be $store
    }
}

Describe 'Invoke-MemoryDump -AsJob' {
    It 'gives a job at once that Get-Job, Wait-Job and Receive-Job take' {
        $job = Get-MonitoredVm db01 -Live -HypervisorUri $LiveFleet | Invoke-MemoryDump -Path $dumps -AsJob
        $job | Should -BeOfType [Management.Automation.Job]
        (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
        ($job | Wait-Job -Timeout 120).State | Should -Be 'Completed'
        $record = $job | Receive-Job
        $record.State | Should -Be 'Completed'
        $record.Path | Should -Exist
        Remove-Job $job
    }

    It 'goes on with its store when the session connects to another' {
        $job = Invoke-MemoryDump web01 -HypervisorUri $LiveFleet -Path $dumps -AsJob
        Connect-VmStats -Path "$TestDrive/other.db"
        $null = $job | Wait-Job -Timeout 120
        Get-MemoryDumpRecord web01 | Should -BeNullOrEmpty
        Connect-VmStats -Path $store -HypervisorUri $Fleet
        (Get-MemoryDumpRecord web01).State | Should -Be 'Completed'
        Remove-Job $job
    }

    It 'is ended by Stop-Job: no file, a record' {
        $job = Invoke-MemoryDump web02 -HypervisorUri 'sim://slow?vms=8&seed=3&mem=0.125&dumprate=1' -Path $dumps -AsJob
        Wait-Until 'it dumps' { Get-MemoryDumpStatus web02 -State Running | Where-Object PercentComplete -GT 0 }
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Get-ChildItem $dumps -Filter web02*.elf* | Should -BeNullOrEmpty
        (Get-MemoryDumpRecord web02).State | Should -Be 'Cancelled'
        Remove-Job $job
    }

    It 'is Failed when a dump failed, and Receive-Job says why' {
        $job = Invoke-MemoryDump app02 -HypervisorUri 'sim://slow?vms=8&seed=3&mem=0.125&dumprate=1' -Path $dumps -Timeout 300ms -AsJob
        ($job | Wait-Job -Timeout 120).State | Should -Be 'Failed'
        Get-ErrorId { $job | Receive-Job } | Should -Be 'DumpTimeout'
        Remove-Job $job
    }
}
