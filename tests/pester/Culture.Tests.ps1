#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Shells of users with other decimal signs, digits and calendars: the same numbers and times, in and out.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $store = Join-Path (Convert-Path $TestDrive) telemetry.db
    New-FleetStore $store -Polls 30
    $middle = (Get-VmTelemetry db01 -Last 2h)[15].Time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [cultureinfo]::InvariantCulture)

    $script:ask = {
        param($store, $middle)
        Connect-VmStats -Path $store
        $since = Get-VmTelemetry db01 -Start $middle -Metric CpuPercent, NetRxBytesPerSecond
        $since | Select-Object Name, CpuPercent, NetRxBytesPerSecond | ConvertTo-Json
        Get-VmTelemetry db01 -Start $middle -As Sample -Metric CpuPercent | Select-Object Metric, Value, Unit, Interval | ConvertTo-Json
        Measure-VmTelemetry db01 -Last 1.5h -Metric CpuPercent | Select-Object Average, P95, Count | ConvertTo-Json
        Get-VmTelemetry db01 -Last 1.5h -Interval 0.5m -Rollup Maximum -Metric CpuPercent | Select-Object CpuPercent, SampleCount | ConvertTo-Json
    }
    $expected = (Invoke-TestShell $ask -ArgumentList $store, $middle).Output
}

AfterAll { Disconnect-VmStats }

Describe 'A shell in <_>' -ForEach 'de-DE', 'fa-IR', 'tr-TR' {
    BeforeAll {
        $culture = $_
        $environment = @{ LC_ALL = "$($culture -replace '-', '_').UTF-8" }
    }

    It 'has that culture' {
        (Invoke-TestShell { (Get-Culture).Name } -Environment $environment).Output | Should -Be $culture
    }

    It 'gives the same numbers for the same questions' {
        $expected | Should -BeLike '*CpuPercent*'
        $answer = Invoke-TestShell $ask -ArgumentList $store, $middle -Environment $environment
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output | Should -Be $expected
    }
}

Describe 'A session whose culture changes' {
    It 'exports what imports again' {
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            $row = Get-VmTelemetry db01
            ($row | ConvertTo-Json | ConvertFrom-Json).CpuPercent | Should -Be $row.CpuPercent
            $row | Export-Csv "$TestDrive/german.csv" -UseCulture
            [double]::Parse((Import-Csv "$TestDrive/german.csv" -UseCulture).CpuPercent, [cultureinfo]::CurrentCulture) | Should -Be $row.CpuPercent
            { Get-VmTelemetry -Last 1,5h } | Should -Throw
        }
        finally { [cultureinfo]::CurrentCulture = $before }
    }
}
