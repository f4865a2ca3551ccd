#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# What VMs did, as a user asks for it: known values on servers, a simulated fleet in an embedded store.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
}

Describe 'Telemetry in <_>' -ForEach 'influxdb1', 'influxdb3' {
    BeforeAll {
        $part = Start-TestPart $_
        if (-not $part.Absent) {
            $end = Write-KnownFleet $part known
            $begin = $end.AddMinutes(-10)
            Connect-VmStats $part.Url known
        }
    }

    BeforeEach { Assert-TestPart $part }

    AfterAll {
        Disconnect-VmStats
        Stop-TestPart $part
    }

    It 'lists the VMs with their state and when they were last seen' {
        $vms = Get-MonitoredVm | Sort-Object Name
        $vms.Name | Should -Be 'alpha', 'beta', 'gamma'
        $vms.State | Should -Be 'Running', 'Running', 'ShutOff'
        $vms[0].Uuid | Should -Be '11111111-1111-1111-1111-111111111111'
        $vms[0].HostName | Should -Be 'kvm1'
        $vms[0].LastSeen.ToUniversalTime().Ticks | Should -Be $end.AddSeconds(-10).ToUniversalTime().Ticks
    }

    It 'chooses VMs by -Name and by -Uuid' {
        (Get-MonitoredVm -Name 'b*', gamma).Name | Sort-Object | Should -Be 'beta', 'gamma'
        (Get-MonitoredVm -Uuid 33333333-3333-3333-3333-333333333333).Name | Should -Be 'gamma'
        'alpha' | Get-MonitoredVm | ForEach-Object Name | Should -Be 'alpha'
    }

    It 'gives each VM its latest sample with rates' {
        $latest = Get-VmTelemetry | Sort-Object Name
        $latest.Name | Should -Be 'alpha', 'beta', 'gamma'
        $latest[0].CpuPercent | Should -Be 50
        $latest[0].NetRxBytesPerSecond | Should -Be 1000
        $latest[0].MemoryRssBytes | Should -Be 1GB
        $latest[1].CpuPercent | Should -Be 40
    }

    It 'leaves what nobody reported at $null, never at 0' {
        $off = Get-VmTelemetry -Name gamma
        $off.State | Should -Be 'ShutOff'
        $null -eq $off.CpuPercent | Should -BeTrue
        $null -eq $off.MemoryRssBytes | Should -BeTrue
        $off.Cpus | Should -Be 1
    }

    It 'gives the samples of a range, its start included and its finish not' {
        $samples = Get-VmTelemetry alpha -Start $begin.AddMinutes(5) -Finish $begin.AddMinutes(6)
        $samples | Should -HaveCount 6
        $samples.CpuPercent | Should -Be 30, 30, 30, 30, 30, 30
        $samples[0].Time.ToUniversalTime().Ticks | Should -Be $begin.AddMinutes(5).ToUniversalTime().Ticks
        Get-VmTelemetry -Uuid 11111111-1111-1111-1111-111111111111 -Last 1h | Should -HaveCount 60
    }

    It 'tells where counters began anew, and gives no rate there' {
        $reset = Get-VmTelemetry beta -Last 1h | Where-Object Quality -EQ Reset
        $reset | Should -HaveCount 1
        $reset.Time.ToUniversalTime().Ticks | Should -Be $begin.AddMinutes(5).ToUniversalTime().Ticks
        $null -eq $reset.NetRxBytesPerSecond | Should -BeTrue
        $reset.NetRxBytes | Should -Be 0
    }

    It 'gives only the metrics that -Metric names' {
        $one = Get-VmTelemetry alpha -Metric NetRx*PerSecond
        $one.NetRxBytesPerSecond | Should -Be 1000
        $null -eq $one.CpuPercent | Should -BeTrue
    }

    It 'gives each device with -Device, those of a name with -DeviceName' {
        $devices = Get-VmTelemetry alpha -Device | Sort-Object Device
        $devices.Device | Should -Be 'vda', 'vnet0'
        $devices.DeviceType | Should -Be 'disk', 'nic'
        $devices[0].ReadLatencyMilliseconds | Should -Be 2
        $devices[0].ReadBytesPerSecond | Should -Be 4096
        $devices[0].CapacityBytes | Should -Be 1GB
        $devices[1].RxBytesPerSecond | Should -Be 1000
        $null -eq $devices[1].ReadBytesPerSecond | Should -BeTrue
        (Get-VmTelemetry -DeviceName vn*).Device | Should -Be 'vnet0'
    }

    It 'gives a row for each metric with -As Sample' {
        $rows = Get-VmTelemetry alpha -As Sample -Metric CpuPercent, MemoryRssBytes
        $rows.Metric | Should -Be 'CpuPercent', 'MemoryRssBytes'
        $rows.Value | Should -Be 50, 1GB
        $rows.Unit | Should -Be '%', 'bytes'
        (Get-VmTelemetry alpha -Device -As Sample -Metric ReadLatency*).Instance | Should -Be 'vda'
    }

    It 'binds VMs from the pipeline' {
        $samples = Get-MonitoredVm alpha, beta | Get-VmTelemetry -Last 1h
        $samples | Group-Object Name | ForEach-Object Count | Should -Be 60, 60
        [pscustomobject]@{ Uuid = '22222222-2222-2222-2222-222222222222' } | Get-VmTelemetry | ForEach-Object Name | Should -Be 'beta'
    }

    It 'says what is wrong with an unknown name, and is silent about a wildcard' {
        Get-ErrorId { Get-VmTelemetry nosuch } | Should -Be 'VmNotFound'
        Get-ErrorId { Get-VmTelemetry nosuch* } | Should -BeNullOrEmpty
        Get-ErrorId { Get-VmTelemetry alpha -DeviceName nosuch } | Should -Be 'DeviceNotFound'
    }
}

Describe 'Telemetry in an embedded store' {
    BeforeAll {
        New-FleetStore "$TestDrive/telemetry.db"
    }

    AfterAll { Disconnect-VmStats }

    It 'lists every VM of the fleet, and with -Live the hypervisor''s' {
        $stored = Get-MonitoredVm
        $stored | Should -HaveCount 8
        $stored.Source | Select-Object -Unique | Should -Be 'store'
        $live = Get-MonitoredVm -Live -HypervisorUri $LiveFleet
        $live | Should -HaveCount 8
        $live.Source | Select-Object -Unique | Should -Be 'hypervisor'
        $live[0].HypervisorUri | Should -Be $LiveFleet
        $live.IsSimulated | Select-Object -Unique | Should -BeTrue
    }

    It 'gives objects that [VmStats.VmTelemetry] names' {
        $latest = Get-VmTelemetry
        $latest | Should -HaveCount 8
        $latest[0] | Should -BeOfType [VmStats.VmTelemetry]
        (Get-VmTelemetry -Device)[0] | Should -BeOfType [VmStats.VmDeviceTelemetry]
    }

    It 'goes through Where-Object, Sort-Object, Select-Object and Group-Object' {
        $busiest = Get-VmTelemetry | Where-Object CpuPercent | Sort-Object CpuPercent -Descending | Select-Object -First 2
        $busiest[0].CpuPercent | Should -BeGreaterOrEqual $busiest[1].CpuPercent
        Get-VmTelemetry | Group-Object State | Measure-Object Count -Sum | ForEach-Object Sum | Should -Be 8
    }

    It 'exports long rows as CSV that groups' {
        Get-VmTelemetry -As Sample -Metric *BytesPerSecond | Export-Csv "$TestDrive/long.csv"
        $rows = Import-Csv "$TestDrive/long.csv"
        $rows.Unit | Select-Object -Unique | Should -Be 'bytes/s'
        ($rows | Group-Object Metric).Name | Should -Contain 'NetRxBytesPerSecond'
    }

    It 'stops its work when Select-Object has enough' {
        $Error.Clear()
        Get-VmTelemetry -Last 2h | Select-Object -First 1 | Should -HaveCount 1
        $Error | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | Should -BeNullOrEmpty
    }

    It 'reads another store with -Connection' {
        $empty = Connect-VmStats -Path "$TestDrive/empty.db" -PassThru
        Get-MonitoredVm -Connection $empty | Should -BeNullOrEmpty
        Get-VmTelemetry -Connection $empty | Should -BeNullOrEmpty
        Measure-VmTelemetry -Connection $empty | Should -BeNullOrEmpty
        Get-MonitoredVm | Should -HaveCount 8
        Disconnect-VmStats $empty
    }

    It 'refuses VMs by name and by pipeline at once' {
        Get-ErrorId { Get-MonitoredVm db01 | Get-VmTelemetry web01 } | Should -Be 'VmsNamedTwice'
    }

    It 'refuses a range that is empty' {
        Get-ErrorId { Get-VmTelemetry -Start 1h -Finish 2h } | Should -Be 'RangeIsEmpty'
        Get-VmTelemetry -Start 2d -End 1d | Should -BeNullOrEmpty
    }
}

Describe 'Get-VmTelemetryMetric' {
    It 'lists every metric once, with its unit' {
        $metrics = Get-VmTelemetryMetric
        ($metrics | Group-Object AppliesTo, Name | Where-Object Count -GT 1) | Should -BeNullOrEmpty
        ($metrics | Where-Object Name -EQ CpuPercent).Unit | Should -Be '%'
        ($metrics | Where-Object { -not $_.Unit -or -not $_.Meaning }) | Should -BeNullOrEmpty
    }

    It 'chooses by -Name and -AppliesTo' {
        (Get-VmTelemetryMetric -Name ReadLatency*).Unit | Should -Be 'ms'
        (Get-VmTelemetryMetric -AppliesTo Nic).AppliesTo | Select-Object -Unique | Should -Be 'Nic'
        'Tx*' | Get-VmTelemetryMetric -AppliesTo Nic | ForEach-Object Name | Should -Contain 'TxBytes'
        Get-ErrorId { Get-VmTelemetryMetric Nonsense } | Should -Be 'MetricNotFound'
    }

    It 'has a property of the same name on the objects that Get-VmTelemetry gives' {
        foreach ($metric in Get-VmTelemetryMetric) {
            $type = $metric.AppliesTo -eq 'Vm' ? [VmStats.VmTelemetry] : [VmStats.VmDeviceTelemetry]
            $type.GetProperty($metric.Name) | Should -Not -BeNullOrEmpty -Because $metric.Name
        }
    }
}
