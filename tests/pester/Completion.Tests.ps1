#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# What Tab offers.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    New-FleetStore "$TestDrive/telemetry.db" -Polls 10

    function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
}

AfterAll { Disconnect-VmStats }

Describe 'Completion' {
    It 'offers the names of the store''s VMs to <_>' -ForEach @(
        'Get-MonitoredVm', 'Get-VmTelemetry', 'Measure-VmTelemetry', 'Invoke-MemoryDump', 'Get-MemoryDumpRecord', 'Get-MemoryDumpStats', 'Remove-MemoryDump'
    ) {
        Complete "$_ we" | Should -Be 'web01', 'web02', 'web03'
        Complete "$_ -Name db" | Should -Be 'db01'
    }

    It 'tells a VM''s UUID in the tooltip' {
        $match = (TabExpansion2 'Get-VmTelemetry db' 18).CompletionMatches[0]
        $match.ToolTip | Should -BeLike "*$((Get-MonitoredVm db01).Uuid)*"
    }

    It 'offers the metrics of VMs, with -Device those of devices, with unit and meaning' {
        Complete 'Get-VmTelemetry -Metric CpuP' | Should -Be 'CpuPercent'
        Complete 'Get-VmTelemetry -OrderBy NetRxBytesP' | Should -Be 'NetRxBytesPerSecond'
        Complete 'Get-VmTelemetry -Device -Metric ReadL' | Should -Be 'ReadLatencyMilliseconds'
        Complete 'Measure-VmTelemetry -Device -Metric CpuP' | Should -Not -Contain 'CpuPercent'
        Complete 'Get-VmTelemetryMetric RxB' | Should -Be 'RxBytes', 'RxBytesPerSecond'
        (TabExpansion2 'Get-VmTelemetry -Metric CpuP' 28).CompletionMatches[0].ToolTip | Should -BeLike '*(%)*'
    }

    It 'offers the devices of the VM that is named' {
        Complete 'Get-VmTelemetry db01 -DeviceName v' | Should -Be ((Get-VmTelemetry db01 -Device).Device | Sort-Object)
    }

    It 'offers widths and ranges' {
        Complete 'Get-VmTelemetry -Interval ' | Should -Contain 'Auto'
        Complete 'Get-VmTelemetry -Interval 1' | Should -Contain '15m'
        Complete 'Get-VmTelemetry -Last 7' | Should -Be '7d'
        Complete 'Measure-VmTelemetry -Start 1' | Should -Contain '1h'
        Complete 'Get-VmTelemetry -Start 1d -Finish 1' | Should -Contain '1h'
    }

    It 'offers the values of <Line>' -ForEach @(
        @{ Line = 'Get-VmTelemetry -Rollup P9'; Values = 'P90', 'P95', 'P99' }
        @{ Line = 'Get-VmTelemetry -Fill L'; Values = , 'Linear' }
        @{ Line = 'Get-VmTelemetry -As S'; Values = , 'Sample' }
        @{ Line = 'Invoke-MemoryDump -Compression '; Values = 'Gzip', 'None', 'Zstd' }
        @{ Line = 'Expand-MemoryDump -As '; Values = 'Elf', 'Raw' }
        @{ Line = 'Get-MemoryDumpRecord -State Comp'; Values = , 'Completed' }
        @{ Line = 'Get-VmTelemetryMetric -AppliesTo N'; Values = , 'Nic' }
        @{ Line = 'Connect-VmStats -Api V'; Values = 'V1', 'V2', 'V3', 'V3Distributed' }
        @{ Line = 'Invoke-InfluxQuery -Language S'; Values = , 'Sql' }
    ) {
        Complete $Line | Sort-Object | Should -Be $Values
    }

    It 'offers the collectors of this session' {
        $id = (Start-VmTelemetryCollector -HypervisorUri $LiveFleet -Interval 10s).Id
        Complete 'Stop-VmTelemetryCollector -Id ' | Should -Contain "$id"
        Complete 'Get-VmTelemetryCollector ' | Should -Contain "$id"
        Stop-VmTelemetryCollector $id
    }

    It 'offers cmdlets and parameters' {
        Complete 'Get-VmTelemetryC' | Should -Be 'Get-VmTelemetryCollector'
        Complete 'Get-VmTelemetry -Dev' | Sort-Object | Should -Be '-Device', '-DeviceName'
    }
}

Describe 'Completion of names that need quotes' {
    BeforeAll {
        $part = Start-TestPart influxdb1
        $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
        $lines = 'with\ space', "it's", 'plain' | ForEach-Object { "vm_totals,name=$_,uuid=$([guid]::NewGuid()) cpus=1i,state=1i $($now)000000000" }
        if (-not $part.Absent) {
            Send-Lines $part names $lines
            Connect-VmStats $part.Url names
        }
    }

    AfterAll {
        Connect-VmStats -Path "$TestDrive/telemetry.db"
        Stop-TestPart $part
    }

    It 'offers them quoted, so that they run as they are' {
        Assert-TestPart $part
        Complete 'Get-VmTelemetry ' | Should -Be "'it''s'", 'plain', "'with space'"
        foreach ($name in Complete 'Get-VmTelemetry ') {
            @(Invoke-Expression "Get-VmTelemetry $name") | Should -HaveCount 1 -Because $name
        }
    }
}

Describe 'Completion without a store' {
    It 'offers nothing, and says nothing, where the server is dead' {
        Connect-VmStats http://127.0.0.1:9 vms -NoProbe
        $Error.Clear()
        Complete 'Get-VmTelemetry -DeviceName zz' | Should -BeNullOrEmpty
        $Error | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | Should -BeNullOrEmpty
        Connect-VmStats -Path "$TestDrive/telemetry.db"
    }
}
