#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Ctrl+C, and harder ends, sent to the shell's own process while a cmdlet works.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $slow = 'sim://slow?vms=8&seed=3&mem=0.125&dumprate=1'
    $dumps = Join-Path (Convert-Path $TestDrive) dumps
}

Describe 'Ctrl+C' {
    BeforeAll { $server = Start-TestPart influxdb1 }

    AfterEach { if ($shell) { $null = Stop-TestShell $shell } }

    AfterAll { Stop-TestPart $server }

    It 'ends a query that a server never answers, and finally blocks run' {
        Assert-TestPart $server
        $shell = Start-TestShell {
            param($url)
            Connect-VmStats $url vms
            'connected'
            $null = [Console]::In.ReadLine()
            try { Get-VmTelemetry -Last 1h }
            finally { [Console]::WriteLine('cleaned up') }
            'not here'
        } -ArgumentList $server.Url
        Wait-ShellOutput $shell connected
        Send-Signal STOP $server.ProcessId
        try {
            Start-Sleep 2
            Send-Signal INT $shell.Process.Id
            $end = Wait-TestShell $shell
        }
        finally { Send-Signal CONT $server.ProcessId }
        $end.Output | Should -BeLike '*cleaned up'
        # The server's time-out is 30 s.
        $end.Seconds | Should -BeLessThan 20
    }

    It 'ends a collector in order: what it collected is in the store' {
        $store = "$TestDrive/collected.db"
        $shell = Start-TestShell {
            param($store)
            Connect-VmStats -Path $store -HypervisorUri 'sim://live?vms=8&seed=3'
            try {
                'starting'
                Start-VmTelemetryCollector -Interval 200ms -Wait
            }
            finally { [Console]::WriteLine("polls $((Get-VmTelemetryCollector).Polls)") }
        } -ArgumentList $store
        Wait-ShellOutput $shell starting
        Connect-VmStats -Path $store
        Wait-Until 'it collects' { @(Get-VmTelemetry db01 -Last 30m -ErrorAction Ignore).Count -ge 3 }
        Send-Signal INT $shell.Process.Id
        $end = Wait-TestShell $shell
        $end.Output | Should -Match 'polls \d+'
        $polls = [int]($end.Output -replace '(?s).*polls (\d+).*', '$1')
        # What waits for its batch is some five polls; two polls of a busy machine may share a time.
        @(Get-VmTelemetry db01 -Last 30m).Count | Should -BeGreaterOrEqual ($polls - 1)
        Disconnect-VmStats
    }

    It 'closes a dump''s stream: no file, a record, and the VM goes on' {
        $store = "$TestDrive/dumped.db"
        $shell = Start-TestShell {
            param($store, $uri, $folder)
            Connect-VmStats -Path $store -HypervisorUri $uri
            try { Invoke-MemoryDump db01 -Path $folder }
            finally { [Console]::WriteLine("then $((Get-MonitoredVm db01 -Live).State)") }
        } -ArgumentList $store, $slow, $dumps
        Wait-Until 'it dumps' { Get-MemoryDumpStatus db01 -State Running | Where-Object PercentComplete -GT 0 }
        Send-Signal INT $shell.Process.Id
        $end = Wait-TestShell $shell
        $end.Output | Should -BeLike '*then Running'
        # The whole dump takes 64 s.
        $end.Seconds | Should -BeLessThan 40
        Get-ChildItem $dumps -Filter *.elf* | Should -BeNullOrEmpty
        Connect-VmStats -Path $store
        (Get-MemoryDumpRecord db01).State | Should -Be 'Cancelled'
        (Get-MemoryDumpStatus db01).State | Should -Be 'Cancelled'
        Disconnect-VmStats
    }
}

Describe 'A shell that is killed in the middle of a dump' {
    It 'leaves what Remove-MemoryDump -Interrupted clears away and records' {
        $folder = "$dumps-killed"
        $shell = Start-TestShell {
            param($store, $uri, $folder)
            Connect-VmStats -Path $store -HypervisorUri $uri
            Invoke-MemoryDump cache01 -Path $folder
        } -ArgumentList "$TestDrive/killed.db", $slow, $folder
        Wait-Until 'it dumps' { Get-MemoryDumpStatus cache01 -State Running | Where-Object PercentComplete -GT 0 }
        Send-Signal KILL $shell.Process.Id
        $null = Wait-TestShell $shell
        (Get-MemoryDumpStatus cache01).State | Should -Be 'Interrupted'
        Get-ChildItem $folder -Force -Filter *.partial | Should -Not -BeNullOrEmpty

        $connection = Connect-VmStats -Path "$TestDrive/killed.db" -PassThru
        Remove-MemoryDump -Interrupted -Folder $folder -Connection $connection -WhatIf | Should -BeNullOrEmpty
        $record = Remove-MemoryDump -Interrupted -Folder $folder -Connection $connection -Confirm:$false
        $record.Name | Should -Be 'cache01'
        $record.State | Should -Be 'Interrupted'
        Get-ChildItem $folder -Force | Where-Object Name -Match '\.(partial|elf)' | Should -BeNullOrEmpty
        (Get-MemoryDumpRecord cache01 -Connection $connection).State | Should -Be 'Interrupted'
        Disconnect-VmStats $connection
    }
}

Describe 'SIGTERM' {
    It 'ends a shell that collects; the store stays sound' {
        $store = "$TestDrive/terminated.db"
        $shell = Start-TestShell {
            param($store)
            Connect-VmStats -Path $store -HypervisorUri 'sim://live?vms=8&seed=3'
            'starting'
            Start-VmTelemetryCollector -Interval 200ms -Wait
        } -ArgumentList $store
        Wait-ShellOutput $shell starting
        Connect-VmStats -Path $store
        Wait-Until 'it collects' { @(Get-VmTelemetry db01 -Last 30m -ErrorAction Ignore).Count -ge 3 }
        Send-Signal TERM $shell.Process.Id
        $null = Wait-TestShell $shell
        @(Get-VmTelemetry db01 -Last 30m).Count | Should -BeGreaterOrEqual 3
        Test-VmStatsConnection | Should -BeTrue
        Disconnect-VmStats
    }
}
