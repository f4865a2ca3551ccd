#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# What a user sees of the objects: each type's view, at the width of a terminal and redirected into a file.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    New-FleetStore "$TestDrive/telemetry.db" -Polls 10
    $dump = Invoke-MemoryDump db01 -HypervisorUri $LiveFleet -Path "$TestDrive/dumps"

    # The object of each cmdlet that has a table of its own, and what a user looks for in it.
    $shown = [ordered]@{
        MonitoredVm                = { Get-MonitoredVm db01 }
        VmTelemetry                = { Get-VmTelemetry db01 }
        VmDeviceTelemetry          = { Get-VmTelemetry db01 -DeviceName vda }
        VmTelemetrySample          = { Get-VmTelemetry db01 -As Sample -Metric CpuPercent }
        VmTelemetryStatistics      = { Measure-VmTelemetry db01 -Last 2h -Metric CpuPercent }
        VmTelemetryMetric          = { Get-VmTelemetryMetric CpuPercent }
        VmTelemetryCollectorStatus = { Get-VmTelemetryCollector | Select-Object -First 1 }
        VmStatsConnection          = { Get-VmStatsConnection }
        VmStatsConnectionCheck     = { Test-VmStatsConnection -Detailed | Select-Object -First 1 }
        VmStatsDatabaseItem        = { Initialize-VmStatsDatabase | Select-Object -First 1 }
        MemoryDumpRecord           = { Get-MemoryDumpRecord db01 }
        MemoryDumpStats            = { Get-MemoryDumpStats }
        MemoryDumpStatus           = { Get-MemoryDumpStatus db01 | Select-Object -First 1 }
        MemoryDumpVerification     = { Test-MemoryDump $dump.Path -Detailed }
        MemoryDumpExpansion        = { Expand-MemoryDump $dump.Path -Destination "$TestDrive/expanded.elf" -Force }
        MemoryDumpFile             = { Remove-MemoryDump -Path $dump.Path -Hold -Confirm:$false }
    }
}

AfterAll { Disconnect-VmStats }

Describe 'The view of <_>' -ForEach @(
    'MonitoredVm', 'VmTelemetry', 'VmDeviceTelemetry', 'VmTelemetrySample', 'VmTelemetryStatistics', 'VmTelemetryMetric',
    'VmTelemetryCollectorStatus', 'VmStatsConnection', 'VmStatsConnectionCheck', 'VmStatsDatabaseItem', 'MemoryDumpRecord',
    'MemoryDumpStats', 'MemoryDumpStatus', 'MemoryDumpVerification', 'MemoryDumpExpansion', 'MemoryDumpFile'
) {
    BeforeAll {
        $one = & $shown[$_] | Select-Object -First 1
        $about = $one.PSObject.Properties['Polls'] ? $one.HypervisorUri : $one.PSObject.Properties['Name'] ? $one.Name : $null
    }

    It 'is of the type that its cmdlet gives' {
        $one.GetType().Name | Should -Be $_
    }

    It 'fits a terminal of <Width> columns, without an error' -ForEach @{ Width = 80 }, @{ Width = 120 } {
        $Error.Clear()
        $lines = ($one | Out-String -Width $Width) -split "`n"
        $Error | Should -BeNullOrEmpty
        $lines | Where-Object { $_.Trim() } | Should -Not -BeNullOrEmpty
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $Width
    }

    It 'names what it is about' {
        $text = $one | Out-String -Width 200
        if ($about) { $text | Should -BeLike "*$([wildcardpattern]::Escape($about))*" } else { $text.Trim() | Should -Not -BeNullOrEmpty }
    }

    It 'has values of all properties in a list' {
        $text = $one | Format-List * | Out-String -Width 300
        foreach ($property in $one.PSObject.Properties.Name) { $text | Should -BeLike "*$property*" }
    }
}

Describe 'A list of telemetry' {
    It 'has what matters most, and with * all' {
        $names = { param($Text) ($Text -split "`n" | Where-Object { $_ -match '^\w+ +:' }) -replace ' +:.*' }
        $sample = Get-VmTelemetry db01
        & $names ($sample | Format-List | Out-String) | Should -Be 'Name', 'Time', 'State', 'CpuPercent', 'MemoryRssBytes',
            'NetRxBytesPerSecond', 'NetTxBytesPerSecond', 'DiskReadBytesPerSecond', 'DiskWriteBytesPerSecond', 'Quality'
        (& $names ($sample | Format-List * | Out-String)).Count | Should -Be @($sample.PSObject.Properties).Count
    }
}

Describe 'Numbers that a user reads' {
    It 'are what the object holds' {
        $sample = Get-VmTelemetry db01
        $row = ($sample | Out-String -Width 200) -split "`n" -like '*db01*'
        $row | Should -BeLike "* $($sample.CpuPercent.ToString('0.0', [cultureinfo]::InvariantCulture)) *"
        (Get-MonitoredVm db01 | Out-String -Width 200) | Should -BeLike '*64.0M*'
    }

    It 'are the same in a file, without colours' {
        Get-VmTelemetry > "$TestDrive/telemetry.txt"
        $text = Get-Content "$TestDrive/telemetry.txt" -Raw
        $text | Should -BeLike '*db01*'
        $text.Contains([char]27) | Should -BeFalse
    }

    It 'are in the properties that Select-Object and Format-Table choose' {
        $text = Get-VmTelemetry db01 | Format-Table Name, MemoryRssBytes | Out-String
        $text | Should -BeLike "*$((Get-VmTelemetry db01).MemoryRssBytes)*"
        (Get-VmTelemetry db01 | Select-Object Name, Cpus | ConvertTo-Csv)[1] | Should -Be '"db01","4"'
    }
}

Describe 'Help' {
    It 'of <_> has a synopsis, a description of each parameter, and examples' -ForEach @(
        (Import-PowerShellDataFile "$PSScriptRoot/../../module/VmStats.PowerShell.psd1").CmdletsToExport
    ) {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "$_*"
        $help.examples.example | Should -Not -BeNullOrEmpty
        $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
        foreach ($parameter in (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common }) {
            ($help.parameters.parameter | Where-Object name -EQ $parameter).description.Text | Should -Not -BeNullOrEmpty -Because $parameter
        }
    }

    It 'tells about the module' {
        Get-Help about_VmStats | Out-String | Should -BeLike '*CONNECTION AND CONFIGURATION*'
    }
}

Describe 'The module' {
    It 'can be removed and imported again, and again' {
        $answer = Invoke-TestShell {
            param($manifest, $store)
            foreach ($i in 1..2) {
                Remove-Module VmStats.PowerShell
                Import-Module $manifest -Force
                Connect-VmStats -Path $store
                @(Get-MonitoredVm).Count
            }
        } -ArgumentList $ModuleManifest, "$TestDrive/telemetry.db"
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output | Should -Be "8`n8"
    }

    It 'exports the cmdlets of its manifest and nothing else' {
        $manifest = Import-PowerShellDataFile $ModuleManifest
        (Get-Command -Module VmStats.PowerShell).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }
}
