#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Questions in a server's own language.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $old = Start-TestPart influxdb1
    $new = Start-TestPart influxdb3
    foreach ($part in $old, $new) {
        if (-not $part.Absent) { $end = Write-KnownFleet $part known }
    }
}

AfterAll { $old, $new | ForEach-Object { Stop-TestPart $_ } }

Describe 'Invoke-InfluxQuery in InfluxQL' {
    BeforeAll { if (-not $old.Absent) { Connect-VmStats $old.Url known } }

    BeforeEach { Assert-TestPart $old }

    AfterAll { Disconnect-VmStats }

    It 'gives rows as objects with typed columns' {
        $rows = Invoke-InfluxQuery -Query "SELECT memrss, host FROM vm_totals WHERE ""name"" = 'alpha' ORDER BY time LIMIT 2"
        $rows | Should -HaveCount 2
        $rows[0].memrss | Should -Be 1048576
        $rows[0].memrss | Should -BeOfType [long]
        $rows[0].host | Should -Be 'kvm1'
        $rows[0].time.ToUniversalTime().Ticks | Should -Be $end.AddMinutes(-10).ToUniversalTime().Ticks
    }

    It 'takes values by -Parameter, whatever is in them' {
        $parameters = @{ name = 'alpha'; since = $end.AddMinutes(-1) }
        Invoke-InfluxQuery 'SELECT cputime FROM vm_totals WHERE "name" = $name AND time >= $since' -Parameter $parameters | Should -HaveCount 6
        Invoke-InfluxQuery 'SELECT cputime FROM vm_totals WHERE "name" = $name' -Parameter @{ name = "x' OR ''='" } | Should -BeNullOrEmpty
        Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' -Parameter @{ list = 1, 2 } } | Should -Be 'QueryParameterNotSupported'
    }

    It 'gives times to the nanosecond with -TimeAsText, and takes them back' {
        $row = Invoke-InfluxQuery "SELECT cputime FROM vm_totals WHERE ""name"" = 'alpha' ORDER BY time LIMIT 1" -TimeAsText
        $row.time | Should -Match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$'
        Invoke-InfluxQuery 'SELECT cputime FROM vm_totals WHERE time <= $first' -Parameter @{ first = $row.time } | Should -Not -BeNullOrEmpty
    }

    It 'sends a mistyped statement to the server, and asks nobody' {
        $silent = Invoke-TestShell { param($url) Connect-VmStats $url known; Invoke-InfluxQuery 'SELEC 1' } -ArgumentList $old.Url -NonInteractive
        $silent.Error | Should -BeLike '*found SELEC*'
    }

    It 'has no SQL' {
        Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' -Language Sql } | Should -Be 'QueryLanguageNotSupported'
    }

    It 'changes nothing with -WhatIf, and asks before it does' {
        Invoke-InfluxQuery 'DROP MEASUREMENT vm_devices' -WhatIf | Should -BeNullOrEmpty
        $answer = Invoke-TestShell { param($url) Connect-VmStats $url known; Invoke-InfluxQuery 'DROP MEASUREMENT vm_devices' } -ArgumentList $old.Url -InputText "n`n"
        $answer.Output | Should -BeLike '*DROP MEASUREMENT vm_devices*'
        $silent = Invoke-TestShell { param($url) Connect-VmStats $url known; Invoke-InfluxQuery 'DROP MEASUREMENT vm_devices' } -ArgumentList $old.Url -NonInteractive
        $silent.Error | Should -BeLike '*NonInteractive*'
        (Invoke-InfluxQuery 'SHOW MEASUREMENTS').name | Should -Contain 'vm_devices'

        Invoke-InfluxQuery 'CREATE DATABASE scratch' -Confirm:$false
        Invoke-InfluxQuery 'DROP DATABASE scratch' -Confirm:$false
        (Invoke-InfluxQuery 'SHOW DATABASES').name | Should -Not -Contain 'scratch'
    }

    It 'gives the server''s words for a mistake' {
        $failure = try { Invoke-InfluxQuery 'SELECT FROM' -ErrorAction Stop } catch { $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Influx*,*'
        "$failure" | Should -BeLike '*error parsing query*'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'Invoke-InfluxQuery in SQL' {
    BeforeAll { if (-not $new.Absent) { Connect-VmStats $new.Url known } }

    BeforeEach { Assert-TestPart $new }

    AfterAll { Disconnect-VmStats }

    It 'gives rows as objects with typed columns' {
        $rows = Invoke-InfluxQuery 'SELECT name, max(memrss) AS rss, count(*) AS samples FROM vm_totals GROUP BY name ORDER BY name'
        $rows.name | Should -Be 'alpha', 'beta', 'gamma'
        $rows[1].rss | Should -Be 2097152
        $null -eq $rows[2].rss | Should -BeTrue
        $rows.samples | Should -Be 60, 60, 60
    }

    It 'types times under other names' {
        $row = Invoke-InfluxQuery "SELECT max(time) AS last FROM vm_totals WHERE name = 'alpha'"
        $row.last | Should -BeOfType [datetime]
        $row.lastUtc.Ticks | Should -Be $end.AddSeconds(-10).ToUniversalTime().Ticks
    }

    It 'tells a statement that fails while it runs, and where to look' {
        $failure = try { Invoke-InfluxQuery 'SELECT 1/0 AS x' -ErrorAction Stop } catch { $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InfluxStatementFailed,*'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*log*'
    }

    It 'takes values by -Parameter' {
        $row = Invoke-InfluxQuery 'SELECT count(*) AS samples FROM vm_totals WHERE name = $name AND time >= $since' -Parameter @{ name = 'beta'; since = $end.AddMinutes(-2) }
        $row.samples | Should -Be 12
    }

    It 'takes statements from the pipeline, of another -Connection, in the -Language that is named' {
        $connection = Get-VmStatsConnection
        $rows = 'SELECT 1 AS one', 'SELECT 2 AS one' | Invoke-InfluxQuery -Connection $connection -Language Sql
        $rows.one | Should -Be 1, 2
    }

    It 'gives the server''s words for a mistake' {
        $failure = try { Invoke-InfluxQuery 'SELECT nosuch FROM vm_totals' -ErrorAction Stop } catch { $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Influx*,*'
        "$failure" | Should -BeLike '*nosuch*'
    }
}

Describe 'Invoke-InfluxQuery on an embedded store' {
    It 'says that there is no such language, and what to do' {
        Connect-VmStats -Path "$TestDrive/a.db"
        Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' } | Should -Be 'QueryLanguageNotSupported'
        Disconnect-VmStats
    }
}
