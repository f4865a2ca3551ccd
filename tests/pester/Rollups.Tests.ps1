#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Buckets, rankings and statistics: known values on servers; in the embedded store against the samples that they are made of.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
}

Describe 'Roll-ups in <_>' -ForEach 'influxdb1', 'influxdb3' {
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

    It 'gives one object a bucket, from the start to the finish' {
        $buckets = Get-VmTelemetry alpha -Start $begin -Finish $end -Interval 1m
        $buckets | Should -HaveCount 10
        $buckets.CpuPercent | ForEach-Object { [Math]::Round($_, 6) } | Should -Be 5, 10, 15, 20, 25, 30, 35, 40, 45, 50
        $buckets[0].Interval | Should -Be ([timespan]'00:01:00')
        $buckets[0].Time.ToUniversalTime().Ticks | Should -Be $begin.ToUniversalTime().Ticks
        $buckets[1].SampleCount | Should -Be 6
        $buckets.Rollup | Select-Object -Unique | Should -Be 'Average'
    }

    It 'rolls up by <Rollup> to <Expected>' -ForEach @(
        @{ Rollup = 'Average'; Expected = 37.5 }
        @{ Rollup = 'Minimum'; Expected = 30 }
        @{ Rollup = 'Maximum'; Expected = 45 }
        @{ Rollup = 'Last'; Expected = 45 }
        @{ Rollup = 'P50'; Expected = 35 }
        @{ Rollup = 'P90'; Expected = 45 }
    ) {
        $bucket = Get-VmTelemetry alpha -Start $begin.AddMinutes(5) -Finish $begin.AddMinutes(9) -Interval 10m -Rollup $Rollup -Metric CpuPercent | Select-Object -Last 1
        $four = Get-VmTelemetry alpha -Start $begin.AddMinutes(5) -Finish $begin.AddMinutes(9) -Interval 1d -Rollup $Rollup -Metric CpuPercent
        [Math]::Round($four[0].CpuPercent, 6) | Should -Be $Expected
        $bucket.Rollup | Should -Be $Rollup
    }

    It 'sums a counter to its growth' {
        $growth = Get-VmTelemetry alpha -Start $begin.AddMinutes(1) -Finish $begin.AddMinutes(3) -Interval 1m -Rollup Sum -Metric NetRxBytes
        $growth.NetRxBytes | Should -Be 60000, 60000
    }

    It 'gives with -Fill <Fill> what stands for a bucket without samples' -ForEach @(
        @{ Fill = 'None'; Count = 10; Last = 50 }
        @{ Fill = 'Null'; Count = 12; Last = $null }
        @{ Fill = 'Previous'; Count = 12; Last = 50 }
    ) {
        $buckets = @(Get-VmTelemetry alpha -Start $begin -Finish $end.AddMinutes(2) -Interval 1m -Fill $Fill -Metric CpuPercent)
        $buckets | Should -HaveCount $Count
        $buckets[-1].CpuPercent | Should -Be $Last
    }

    It 'ranks VMs by -OrderBy, and -Top takes the first' {
        (Get-VmTelemetry -Top 1).Name | Should -Be 'alpha'
        (Get-VmTelemetry -OrderBy MemoryRssBytes -Top 2).Name | Should -Be 'beta', 'alpha'
        # Over the whole range beta's steady 40 % is more than alpha's average.
        (Get-VmTelemetry -Last 1h -Interval 1m -Top 1 -Metric CpuPercent).Name | Select-Object -Unique | Should -Be 'beta'
        (Get-VmTelemetry -Last 1h -Interval 1m -Rollup Maximum -Top 1 -Metric CpuPercent).Name | Select-Object -Unique | Should -Be 'alpha'
    }

    It 'ranks devices by the metric that is named, and asks for one' {
        (Get-VmTelemetry -Device -OrderBy WriteBytesPerSecond -Top 1).Device | Should -Be 'vda'
        Get-ErrorId { Get-VmTelemetry -Device -Top 1 } | Should -Be 'OrderByMissing'
        Get-ErrorId { Get-VmTelemetry -OrderBy *Percent } | Should -Be 'MetricAmbiguous'
    }

    It 'measures count, extremes, average and percentiles' {
        $measure = Measure-VmTelemetry alpha -Start $begin.AddMinutes(1) -Finish $end -Metric CpuPercent
        $measure.Count | Should -Be 54
        $measure.Minimum | Should -Be 10
        $measure.Maximum | Should -Be 50
        [Math]::Round($measure.Average, 6) | Should -Be 30
        $measure.P50 | Should -Be 30
        $measure.P90 | Should -Be 50
        $measure.Unit | Should -Be '%'
        $measure.PercentileError | Should -Be 0
    }

    It 'measures devices and VMs from the pipeline' {
        $latency = Get-MonitoredVm alpha | Measure-VmTelemetry -Last 1h -Device -Metric ReadLatencyMilliseconds
        $latency.Instance | Should -Be 'vda'
        $latency.P99 | Should -Be 2
        (Measure-VmTelemetry -Name beta -Last 1h -Metric NetRxBytesPerSecond).Maximum | Should -Be 700
        (Measure-VmTelemetry -Uuid 22222222-2222-2222-2222-222222222222 -Last 1h -Metric CpuPercent).Name | Should -Be 'beta'
    }
}

Describe 'Roll-ups in an embedded store' {
    BeforeAll {
        New-FleetStore "$TestDrive/telemetry.db"
        $samples = Get-VmTelemetry db01 -Last 2h | Where-Object CpuPercent
    }

    AfterAll { Disconnect-VmStats }

    It 'measures what Measure-Object measures over the samples' {
        $expected = $samples | Measure-Object CpuPercent -Average -Minimum -Maximum
        $measure = Measure-VmTelemetry db01 -Last 2h -Metric CpuPercent
        $measure.Count | Should -Be $expected.Count
        $measure.Minimum | Should -Be $expected.Minimum
        $measure.Maximum | Should -Be $expected.Maximum
        [Math]::Abs($measure.Average - $expected.Average) | Should -BeLessThan 1e-9
        $sorted = @($samples.CpuPercent | Sort-Object)
        $measure.P95 | Should -Be $sorted[[Math]::Ceiling(0.95 * $sorted.Count) - 1]
    }

    It 'gives the average of each bucket''s samples' {
        $buckets = Get-VmTelemetry db01 -Last 2h -Interval 5m -Metric CpuPercent
        foreach ($bucket in $buckets | Select-Object -Skip 1 -First 3) {
            $inside = $samples | Where-Object { $_.Time -ge $bucket.Time -and $_.Time -lt $bucket.Time + $bucket.Interval }
            $inside | Should -HaveCount $bucket.SampleCount
            [Math]::Abs($bucket.CpuPercent - ($inside | Measure-Object CpuPercent -Average).Average) | Should -BeLessThan 1e-9
        }
    }

    It 'finds the width of buckets by itself with -Interval Auto' {
        $buckets = Get-VmTelemetry db01 -Last 2h -Interval Auto -Metric CpuPercent
        $buckets[0].Interval | Should -Be ([timespan]'00:01:00')
        # Without a range, of the last hour.
        (Get-VmTelemetry db01 -Rollup P95 -Metric CpuPercent)[0].Interval | Should -Be ([timespan]'00:00:30')
    }

    It 'joins the buckets by a line with -Fill Linear' {
        $rows = Get-VmTelemetry db01 -Last 2h -Interval 5s -Fill Linear -Metric MemoryRssBytes
        $rows | Where-Object { $null -eq $_.MemoryRssBytes } | Select-Object -SkipLast 1000 | Should -BeNullOrEmpty
        $between = $rows | Where-Object SampleCount -EQ 0 | Select-Object -First 1
        $at = [array]::IndexOf($rows, $between)
        $between.MemoryRssBytes | Should -Be (($rows[$at - 1].MemoryRssBytes + $rows[$at + 1].MemoryRssBytes) / 2)
    }

    It 'refuses a bare number and a duration of nothing' {
        { Get-VmTelemetry -Last 1h -Interval 5 } | Should -Throw -ExpectedMessage '*not a duration*'
        { Get-VmTelemetry -Last 0s } | Should -Throw -ExpectedMessage '*longer than zero*'
        { Get-VmTelemetry -Start yesterday } | Should -Throw -ExpectedMessage '*not a time*'
    }
}
