#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# The original's dump service, driven and read by the cmdlets: only where it is asked for.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $service = Start-TestPart dump-service
    Connect-VmStats -Path "$TestDrive/service.db" -HypervisorUri $LiveFleet
}

AfterAll {
    Get-Job | Stop-Job -PassThru | Remove-Job
    Disconnect-VmStats
    Stop-TestPart $service
}

Describe 'The dump service' {
    BeforeEach { $null = Send-TestPart $service forget }

    It 'takes the dumps of VMs that are piped in with -ServiceUrl' {
        $null = Send-TestPart $service 'complete 4'
        $records = Get-MonitoredVm web01, web02 -Live | Invoke-MemoryDump -ServiceUrl $service.Url -WarningAction SilentlyContinue
        $records.Name | Sort-Object | Should -Be 'web01', 'web02'
        $records.State | Select-Object -Unique | Should -Be 'Completed'
        $records.Path | Sort-Object | Should -Be '/srv/dumps/web01.mem', '/srv/dumps/web02.mem'
        $records[0].Duration | Should -Be ([timespan]::FromSeconds(4))
        # Nobody but the service vouches for a hash, and it told none.
        $null -eq $records[0].IsHashVerified | Should -BeTrue
    }

    It 'is the one that MEMDUMP_SERVICE_URL names with -UseService' {
        Get-ErrorId { Invoke-MemoryDump web01 -UseService } | Should -Be 'DumpServiceNotNamed'
        $env:MEMDUMP_SERVICE_URL = $service.Url
        try {
            $null = Send-TestPart $service 'complete 1'
            (Invoke-MemoryDump app02 -UseService -Confirm:$false -WarningAction SilentlyContinue).Path | Should -Be '/srv/dumps/app02.mem'
            (Get-MemoryDumpStatus -UseService).Name | Should -Be 'app02'
        }
        finally { $env:MEMDUMP_SERVICE_URL = $null }
    }

    It 'tells how its dumps go' {
        $null = Send-TestPart $service 'run 50'
        $job = Invoke-MemoryDump web01 -ServiceUrl $service.Url -AsJob
        Wait-Until 'it is half done' { (Get-MemoryDumpStatus -ServiceUrl $service.Url).PercentComplete -eq 50 }
        $status = Get-MemoryDumpStatus -Name web* -State Running -ServiceUrl $service.Url
        $status.Source | Should -Be $service.Url
        $null = Send-TestPart $service 'complete 7'
        ($job | Wait-Job -Timeout 60 | Receive-Job -WarningAction SilentlyContinue).State | Should -Be 'Completed'
        Get-MemoryDumpStatus db* -ServiceUrl $service.Url | Should -BeNullOrEmpty
        # Not this host's own.
        Get-MemoryDumpStatus web01 | Should -BeNullOrEmpty
    }

    It 'is asked nothing with -WhatIf' {
        $before = (Send-TestPart $service requests).Count
        Invoke-MemoryDump web01 -ServiceUrl $service.Url -WhatIf
        (Send-TestPart $service requests).Count | Should -Be $before
    }

    It 'is waited for no longer than -Timeout, and its failure is told' {
        $null = Send-TestPart $service 'run 10'
        Get-ErrorId { Invoke-MemoryDump web01 -ServiceUrl $service.Url -Timeout 1s } | Should -Be 'DumpServiceTimeout'
        $null = Send-TestPart $service 'fail no such domain'
        Get-ErrorId { Invoke-MemoryDump cache01 -ServiceUrl $service.Url } | Should -Be 'DumpServiceDumpFailed'
        (Get-MemoryDumpRecord cache01).State | Should -Be 'Failed'
    }

    It 'isn''t given what it could mistake' {
        Get-ErrorId { Invoke-MemoryDump 12, 'db*' -ServiceUrl $service.Url } | Should -Be 'DumpServiceNameAmbiguous', 'DumpServiceNameNeeded'
        Get-ErrorId { Get-MemoryDumpStatus -ServiceUrl http://user:secret@host } | Should -Be 'DumpServiceUrlInvalid'
    }
}
