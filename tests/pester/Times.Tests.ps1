#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Times as users in other zones have them: local, with the same in UTC beside it; in each shell and in what leaves it, and in the
# hour that repeats when daylight saving ends.

BeforeDiscovery {
    # Half past, in the hour and in its repetition.
    $zones = @(
        @{ Zone = 'Europe/Berlin'; First = '2025-10-26T00:30:00.1234567Z'; Second = '2025-10-26T01:30:00.1234567Z'; Signs = '+02:00', '+01:00' }
        @{ Zone = 'America/New_York'; First = '2025-11-02T05:30:00.1234567Z'; Second = '2025-11-02T06:30:00.1234567Z'; Signs = '-04:00', '-05:00' }
    )
}

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $server = Start-TestPart influxdb1
    $folder = (Convert-Path $TestDrive)

    # What each script of a child shell begins with: the two samples, latest first, and the times that they must have.
    $head = {
        param($url, $first, $second, $folder)
        $module = (Get-Module VmStats.PowerShell).Path
        $ErrorActionPreference = 'Stop'
        Connect-VmStats $url times
        $utc = $first, $second | ForEach-Object { [DateTimeOffset]::Parse($_, [cultureinfo]::InvariantCulture).UtcDateTime }
        $samples = Get-VmTelemetry alpha -Start $utc[0].AddHours(-1) -Finish $utc[1].AddHours(1)
        function Get-Exact { param($Time) $Time | ForEach-Object { ([datetime] $_).ToUniversalTime().Ticks } }
    }

    # Runs a script in a shell of that zone; it must write what is expected and no error.
    function Assert-InZone($Zone, $First, $Second, [scriptblock] $Script, $Expected, $Culture = 'C') {
        $text = "$head`n$Script"
        $end = Invoke-TestShell ([scriptblock]::Create($text)) -ArgumentList $server.Url, $First, $Second, $folder -TimeoutSec 180 -Environment @{
            TZ = $Zone; LC_ALL = "$Culture.UTF-8" }
        $end.Error | Should -BeNullOrEmpty
        $end.Output -split "`n" | Should -Be $Expected
    }

    if (-not $server.Absent) {
        $null = Invoke-RestMethod "$($server.Url)/query" -Method Post -Body @{ q = 'CREATE DATABASE times' }
        foreach ($text in '2025-10-26T00:30:00', '2025-10-26T01:30:00', '2025-11-02T05:30:00', '2025-11-02T06:30:00') {
            $second = [DateTimeOffset]::Parse("${text}Z", [cultureinfo]::InvariantCulture).ToUnixTimeSeconds()
            Send-Lines $server times "vm_totals,VMID=7,name=alpha,uuid=11111111-1111-1111-1111-111111111111 cpus=2i,state=1i,memlast_update=$($second)i ${second}123456700"
        }
    }
}

AfterAll { Stop-TestPart $server }

Describe 'The hour that repeats in <Zone>' -ForEach $zones {
    BeforeEach { Assert-TestPart $server }

    It 'is two local times that look alike, and two that sort' {
        Assert-InZone $Zone $First $Second {
            @($samples).Count
            $samples.Time.Kind
            $samples.TimeUtc.Kind
            $samples[0].Time -eq $samples[1].Time
            -join (($samples[1], $samples[0] | Sort-Object TimeUtc).TimeUtc | ForEach-Object { [array]::IndexOf($utc, $_) })
            $samples[1].TimeUtc -gt $samples[0].TimeUtc
            "$(Get-Exact $samples.Time)" -eq "$($utc.Ticks)"
            $samples.MemoryReported.Kind
            $samples[0].TimeUtc.ToString('HH:mm', [cultureinfo]::InvariantCulture) -eq $utc[0].ToString('HH:mm')
            "$($samples[0].TimeUtc)" -eq "$($utc[0])"
        } @('2', 'Local', 'Local', 'Utc', 'Utc', 'True', '01', 'True', 'True', 'Local', 'Local', 'True', 'True')
    }

    It 'is told apart by parameters' {
        Assert-InZone $Zone $First $Second {
            foreach ($i in 0, 1) {
                foreach ($start in $samples[$i].Time, $samples[$i].TimeUtc, "$($samples[$i].TimeUtc.ToString('o'))") {
                    (Get-VmTelemetry alpha -Start $start -Finish $utc[$i].AddTicks(1)).TimeUtc.Ticks - $utc[$i].Ticks
                }

                (Invoke-InfluxQuery 'SELECT cpus FROM vm_totals WHERE time = $t' -Parameter @{ t = $samples[$i].Time }).timeUtc.Ticks - $utc[$i].Ticks
            }
        } (@('0') * 8)
    }

    It 'keeps every digit and its zone in JSON, Clixml and CSV, in <_>' -ForEach 'en_US', 'de_DE' {
        Assert-InZone $Zone $First $Second {
            $json = $samples | Select-Object Time, TimeUtc | ConvertTo-Json
            [regex]::Matches($json, '"Time": ".*?\.1234567([+-]..:..)"').ForEach{ $_.Groups[1].Value }
            "$(Get-Exact ($json | ConvertFrom-Json).Time)" -eq "$($utc.Ticks)"
            "$(Get-Exact ($json | ConvertFrom-Json).TimeUtc)" -eq "$($utc.Ticks)"

            $file = "$folder/$([guid]::NewGuid())"
            $samples | Export-Clixml "$file.xml"
            $back = Import-Clixml "$file.xml"
            $back.Time.Kind
            $back.TimeUtc.Kind
            "$(Get-Exact $back.Time) $(Get-Exact $back.TimeUtc)" -eq "$($utc.Ticks) $($utc.Ticks)"
            "$(($back | Sort-Object TimeUtc -Descending).TimeUtc.Ticks)" -eq "$($utc[1].Ticks) $($utc[0].Ticks)"

            $samples | Export-Csv "$file.csv"
            $rows = Import-Csv "$file.csv"
            $rows.TimeUtc
            "$(Get-Exact $rows.TimeUtc)" -eq "$($utc.Ticks)"
            (Get-VmTelemetry alpha -Start $rows[1].TimeUtc -Finish $utc[1].AddTicks(1)).TimeUtc -eq $utc[1]
        } (@($Signs) + 'True', 'True', 'Local', 'Local', 'Utc', 'Utc', 'True', 'True', $First, $Second, 'True', 'True') -Culture $_
    }

    It 'comes out of Start-Job as it went in' {
        Assert-InZone $Zone $First $Second {
            $there = Start-Job {
                Import-Module $using:module
                Connect-VmStats $using:url times
                $from, $to = $using:utc
                Get-VmTelemetry alpha -Start $from -Finish $to.AddTicks(1)
            } | Wait-Job | Receive-Job
            $there.Time.Kind
            $there.TimeUtc.Kind
            "$(Get-Exact $there.Time) $(Get-Exact $there.TimeUtc)" -eq "$($utc.Ticks) $($utc.Ticks)"
            "$(($there[1], $there[0] | Sort-Object TimeUtc).TimeUtc.Ticks)" -eq "$($utc.Ticks)"
            $there[0].Time -lt (Get-Date)
        } 'Local', 'Local', 'Utc', 'Utc', 'True', 'True', 'True'
    }

    It 'is in rows of raw queries' {
        Assert-InZone $Zone $First $Second {
            $rows = Invoke-InfluxQuery 'SELECT cpus FROM vm_totals WHERE time >= $from AND time <= $to' -Parameter @{ from = $utc[0]; to = $utc[1] }
            $rows.time.Kind
            $rows.timeUtc.Kind
            "$(Get-Exact $rows.time) $($rows.timeUtc.Ticks)" -eq "$($utc.Ticks) $($utc.Ticks)"
            (Invoke-InfluxQuery 'SELECT cpus FROM vm_totals WHERE time >= $from AND time <= $to' -TimeAsText -Parameter @{ from = $utc[0]; to = $utc[1] } | ConvertTo-Csv | ConvertFrom-Csv).time
        } 'Local', 'Local', 'Utc', 'Utc', 'True', $First.Replace('67Z', '6700Z'), $Second.Replace('67Z', '6700Z')
    }
}

Describe 'Times now, in <_>' -ForEach 'Europe/Berlin', 'America/New_York', 'UTC' {
    It 'compare with Get-Date, and are shown as a clock on the wall shows them' {
        $now = {
            param($folder)
            $ErrorActionPreference = 'Stop'
            Connect-VmStats -Path "$folder/$([guid]::NewGuid()).db" -HypervisorUri 'sim://live?vms=8&seed=3&mem=0.125'
            $began = Get-Date
            $collector = Start-VmTelemetryCollector -Interval 100ms -Count 3 -Wait
            $dump = Invoke-MemoryDump db01 -Path "$folder/$([guid]::NewGuid())"
            $file = Remove-MemoryDump -Path $dump.Path -Hold -Confirm:$false
            $sample = Get-VmTelemetry db01
            $all = [ordered]@{
                Sample = $sample; Device = Get-VmTelemetry db01 -DeviceName vda; Long = Get-VmTelemetry db01 -As Sample -Metric Cpus
                Statistics = Measure-VmTelemetry db01 -Metric Cpus; Vm = Get-MonitoredVm db01; Live = Get-MonitoredVm db01 -Live
                Collector = $collector; Dump = $dump; Record = Get-MemoryDumpRecord; Stats = Get-MemoryDumpStats
                Status = Get-MemoryDumpStatus | Where-Object DumpId -EQ $dump.DumpId; File = $file
            }
            foreach ($name in $all.Keys) {
                $object = $all[$name]
                $times = $object.PSObject.Properties | Where-Object { $_.Value -is [datetime] -and $_.Name -notlike '*Utc' }
                $wrong = foreach ($time in $times) {
                    $utc = $object."$($time.Name)Utc"
                    # To the second, where files' times are.
                    $isNow = $time.Value -ge $began.AddSeconds(-2) -and $time.Value -le (Get-Date).AddSeconds(1)
                    if ($time.Value.Kind -ne 'Local' -or $utc.Kind -ne 'Utc' -or $time.Value.ToUniversalTime() -ne $utc -or -not $isNow) { "$($time.Name) $($time.Value.ToString('o')) $utc" }
                }
                if ($object.PSObject.Properties.Value -is [DateTimeOffset]) { $wrong = @($wrong) + 'DateTimeOffset' }
                '{0} {1} {2}' -f $name, @($times).Count, ($wrong -join ', ')
            }

            ($sample | Out-String -Width 200) -match [regex]::Escape($sample.Time.ToString('HH:mm:ss', [cultureinfo]::InvariantCulture))
        }
        $end = Invoke-TestShell $now -ArgumentList (Convert-Path $TestDrive) -Environment @{ TZ = $_ } -TimeoutSec 180
        $end.Error | Should -BeNullOrEmpty
        $end.Output -split "`n" | ForEach-Object TrimEnd | Should -Be 'Sample 2', 'Device 1', 'Long 1', 'Statistics 2', 'Vm 1', 'Live 1',
            'Collector 3', 'Dump 4', 'Record 4', 'Stats 1', 'Status 3', 'File 1', 'True'
    }
}
