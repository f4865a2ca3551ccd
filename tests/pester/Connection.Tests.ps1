#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Which store a session uses, how it is reached, what stands in the way, and how a database is made.

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"
    $wrong = ConvertTo-SecureString 'wrong' -AsPlainText
}

Describe 'A connection to an embedded store' {
    AfterEach { Disconnect-VmStats }

    It 'is made by -Path, and Get-VmStatsConnection shows it' {
        Connect-VmStats -Path "$TestDrive/a.db"
        $connection = Get-VmStatsConnection
        $connection.Kind | Should -Be 'Embedded'
        $connection.Address | Should -Be (Join-Path (Convert-Path $TestDrive) a.db)
        $connection.Source | Should -Be '-Path'
        $connection.Authentication | Should -Be 'None'
        $connection.IsDefault | Should -BeTrue
        $connection | Should -BeOfType [VmStats.PowerShell.VmStatsConnection]
    }

    It 'names the hypervisor of later cmdlets with -HypervisorUri' {
        Connect-VmStats -Path "$TestDrive/a.db" -HypervisorUri 'sim://mine?vms=3'
        (Get-VmStatsConnection).HypervisorUri | Should -Be 'sim://mine?vms=3'
        Get-MonitoredVm -Live | Should -HaveCount 3
    }

    It 'leaves the default as it is with -PassThru' {
        Connect-VmStats -Path "$TestDrive/a.db"
        $other = Connect-VmStats -Path "$TestDrive/b.db" -PassThru
        (Get-VmStatsConnection).Address | Should -BeLike '*/a.db'
        (Get-VmStatsConnection -Connection $other).Address | Should -BeLike '*/b.db'
        $other.IsDefault | Should -BeFalse
        $other | Disconnect-VmStats
        Get-ErrorId { Get-MonitoredVm -Connection $other } | Should -Be 'ConnectionClosed'
    }

    It 'is closed by Disconnect-VmStats -Connection alone' {
        Connect-VmStats -Path "$TestDrive/a.db"
        $other = Connect-VmStats -Path "$TestDrive/b.db" -PassThru
        Disconnect-VmStats -Connection $other
        (Get-VmStatsConnection).Address | Should -BeLike '*/a.db'
    }

    It 'follows the environment when there is no other' {
        $env:INFLUX_URL = "file://$(Convert-Path $TestDrive)/env.db"
        try {
            (Get-VmStatsConnection).Address | Should -BeLike '*/env.db'
            (Get-VmStatsConnection).Source | Should -Be 'INFLUX_URL'
            Connect-VmStats -Path "$TestDrive/a.db"
            (Get-VmStatsConnection).Address | Should -BeLike '*/a.db'
            Disconnect-VmStats
            (Get-VmStatsConnection).Address | Should -BeLike '*/env.db'
        }
        finally { $env:INFLUX_URL = $null }
    }

    It 'prunes with -RetentionPeriod what is older, and keeps what isn''t' {
        $fleet = 'sim://old?vms=4&seed=3&history=1h&speed=1200'
        Connect-VmStats -Path "$TestDrive/pruned.db" -HypervisorUri $fleet
        $null = Start-VmTelemetryCollector -Interval 10s -Count 300 -Wait
        $stored = @(Get-VmTelemetry db01 -Last 2h)
        $old = $stored.Count

        # Counted back from the newest that was there before, which is some minutes behind the clock here.
        Connect-VmStats -Path "$TestDrive/pruned.db" -HypervisorUri $fleet -RetentionPeriod 47m
        $oldest = $stored[-1].Time.AddMinutes(-47)
        $stored[0].Time | Should -BeLessThan $oldest
        $null = Start-VmTelemetryCollector -Interval 1s -Count 3 -Wait
        Wait-Until 'old samples are gone' { @(Get-VmTelemetry db01 -Last 2h)[0].Time -ge $oldest }
        (Get-VmTelemetry db01 -Last 2h).Count | Should -BeGreaterThan ($old * 0.8)
    }
}

Describe 'A connection to InfluxDB 3' {
    BeforeAll {
        $server = Start-TestPart influxdb3 '--token', 'apiv3_stand-in'
        $secure = Start-TestPart influxdb3 '--tls', '--token', 'apiv3_secure'
    }

    BeforeEach { Assert-TestPart $server }

    AfterEach { Disconnect-VmStats }

    AfterAll { $server, $secure | ForEach-Object { Stop-TestPart $_ } }

    It 'is made by -Url, -Database and -Token' {
        Connect-VmStats -Url $server.Url -Database vms -Token $server.Token
        $connection = Get-VmStatsConnection
        $connection.Kind | Should -Be 'InfluxDB3'
        $connection.Version | Should -Match '^3\.'
        $connection.Database | Should -Be 'vms'
        $connection.Authentication | Should -Be 'Token (-Token)'
        "$($connection | Out-String) $($connection | ConvertTo-Json -WarningAction Ignore)" | Should -Not -BeLike '*apiv3*'
    }

    It 'takes URL, database and token from the environment' {
        $env:INFLUX_URL, $env:INFLUX_DB, $env:INFLUX_TOKEN = $server.Url, 'vms', 'apiv3_stand-in'
        try {
            Connect-VmStats
            (Get-VmStatsConnection).Authentication | Should -Be 'Token (INFLUX_TOKEN)'
            (Get-VmStatsConnection).Source | Should -Be 'INFLUX_URL'
        }
        finally { $env:INFLUX_URL = $env:INFLUX_DB = $env:INFLUX_TOKEN = $null }
    }

    It 'is refused with a wrong token, and the session goes on with what it had' {
        Connect-VmStats -Path "$TestDrive/a.db"
        Get-ErrorId { Connect-VmStats $server.Url vms -Token $wrong -WarningVariable script:warned -WarningAction SilentlyContinue } | Should -Be 'InfluxNotAuthenticated'
        "$warned" | Should -BeLike '*stays connected*a.db*'
        (Get-VmStatsConnection).Kind | Should -Be 'Embedded'
    }

    It 'refuses -Token and -Credential together' {
        $credential = [pscredential]::new('me', $wrong)
        Get-ErrorId { Connect-VmStats $server.Url vms -Token $server.Token -Credential $credential } | Should -Be 'AuthenticationAmbiguous'
    }

    It 'isn''t tried with -NoProbe' {
        Get-ErrorId { Connect-VmStats http://127.0.0.1:9 vms } | Should -Be 'InfluxUnreachable'
        Connect-VmStats http://127.0.0.1:9 vms -NoProbe
        (Get-VmStatsConnection).Address | Should -Be 'http://127.0.0.1:9'
        $null -eq (Get-VmStatsConnection).Version | Should -BeTrue
    }

    It 'trusts a certificate with -CertificateAuthority or -SkipCertificateCheck only' {
        Get-ErrorId { Connect-VmStats $secure.Url vms -Token $secure.Token } | Should -Be 'InfluxCertificateUntrusted'
        Connect-VmStats $secure.Url vms -Token $secure.Token -CertificateAuthority $secure.CertificateAuthority
        (Get-VmStatsConnection).Address | Should -BeLike 'https://localhost:*'
        Disconnect-VmStats
        Connect-VmStats $secure.Url vms -Token $secure.Token -SkipCertificateCheck
        (Get-VmStatsConnection).Version | Should -Match '^3\.'
    }

    It 'sends no token in the open to another host unless -AllowUnencrypted, and goes through -Proxy' {
        Get-ErrorId { Connect-VmStats http://influx.invalid:8086 vms -Token $server.Token -Proxy $server.Url } | Should -Be 'TokenOverHttpRefused'
        Connect-VmStats http://influx.invalid:8086 vms -Token $server.Token -Proxy $server.Url -AllowUnencrypted
        (Get-VmStatsConnection).Address | Should -Be 'http://influx.invalid:8086'
        $last = (Send-TestPart $server requests)[-1]
        $last.headers.Host | Should -Be 'influx.invalid:8086'
        $last.headers.Authorization | Should -Be 'Bearer apiv3_stand-in'
    }

    It 'gives up a silent server after -TimeoutSec' {
        Connect-VmStats $server.Url vms -Token $server.Token -TimeoutSec 1
        Send-Signal STOP $server.ProcessId
        try { Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' } | Should -Be 'InfluxTimeout' }
        finally { Send-Signal CONT $server.ProcessId }
    }

    Context 'to a table too large for one query' {
        BeforeAll {
            # One row in each of 340 files, which hold ten minutes each; one VM has been silent for 40 hours.
            $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
            $loud = 0..339 | ForEach-Object { "vm_totals,name=loud,uuid=11111111-1111-1111-1111-111111111111 cpus=2i $($now - 600 * $_)000000000" }
            $silent = "vm_totals,name=silent,uuid=22222222-2222-2222-2222-222222222222 cpus=2i $($now - 40 * 3600)000000000"
            if (-not $server.Absent) { Send-Lines $server large (@($loud) + $silent) }
        }

        It 'reads a range in slices of -SliceLength' {
            $slices = foreach ($length in '60h', '20h') {
                Connect-VmStats $server.Url large -Token $server.Token -SliceLength $length
                $before = (Send-TestPart $server requests).Count
                Get-VmTelemetry -Uuid 11111111-1111-1111-1111-111111111111 -Last 50h | Should -HaveCount 300
                $asked = (Send-TestPart $server requests) | Select-Object -Skip $before | Where-Object { $_.target -like '*query_sql*' }
                @($asked | Where-Object { ($_.body | ConvertFrom-Json).q -match 'FROM "vm_totals"' }).Count
            }

            $slices[0] | Should -Be 1
            $slices[1] | Should -BeGreaterThan 1
        }

        It 'looks for VMs as far back as -LookBack says' {
            Connect-VmStats $server.Url large -Token $server.Token -LookBack 1d
            (Get-MonitoredVm).Name | Should -Be 'loud'
            Connect-VmStats $server.Url large -Token $server.Token -LookBack 7d
            (Get-MonitoredVm).Name | Sort-Object | Should -Be 'loud', 'silent'
        }
    }
}

Describe 'A server that demands a client certificate' {
    BeforeAll {
        $demanding = Start-TestPart influxdb3 '--tls', '--token', 'apiv3_secure', '--client-certificate'
        if (-not $demanding.Absent) { $null = Send-TestPart $demanding 'database vms' }
    }

    BeforeEach {
        Assert-TestPart $demanding
        $to = @{ Url = $demanding.Url; Database = 'vms'; Token = $demanding.Token; CertificateAuthority = $demanding.CertificateAuthority }
    }

    AfterEach { Disconnect-VmStats }

    AfterAll { Stop-TestPart $demanding }

    It 'is told as that' {
        Get-ErrorId { Connect-VmStats @to } | Should -Be 'InfluxClientCertificateWanted'
    }

    It 'takes the file that -ClientCertificate names, opened by -ClientCertificatePassword' {
        $password = ConvertTo-SecureString $demanding.ClientPassword -AsPlainText
        $file = "$($demanding.ClientCertificate).pfx"
        Connect-VmStats @to -ClientCertificate $file -ClientCertificatePassword $password
        $null = Start-VmTelemetryCollector -HypervisorUri 'sim://tls?vms=3' -Count 1 -Wait -ErrorAction Stop
        Get-VmTelemetry | Should -HaveCount 3
        $connection = Get-VmStatsConnection
        $connection.Authentication | Should -Be 'Token (-Token), Client certificate (-ClientCertificate)'
        $shown = "$($connection | Format-List * -Force | Out-String) $($connection | ConvertTo-Json -WarningAction Ignore)"
        $shown | Should -Not -BeLike "*$($demanding.ClientPassword)*"
        $shown | Should -Not -BeLike '*PRIVATE KEY*'
    }

    It 'keeps a wrong -ClientCertificatePassword to itself' {
        $other = ConvertTo-SecureString 'pw-that-must-not-show' -AsPlainText
        $file = "$($demanding.ClientCertificate).pfx"
        $failure = try { Connect-VmStats @to -ClientCertificate $file -ClientCertificatePassword $other -Verbose 4>&1 } catch { $_ }
        $failure[-1].FullyQualifiedErrorId | Should -BeLike 'ClientCertificateUnreadable,*'
        "$failure $($failure[-1].Exception) $($failure[-1].ErrorDetails.RecommendedAction)" | Should -Not -BeLike '*must-not-show*'
    }

    It 'takes an X509Certificate2' {
        $files = $demanding.ClientCertificate
        $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPemFile("$files.pem", "$files.key")
        Connect-VmStats @to -ClientCertificate $certificate
        (Invoke-InfluxQuery 'SELECT 1 AS x').x | Should -Be 1
    }

    It 'takes the pair of PEM files that the environment names' {
        $set = @{
            INFLUX_URL = $demanding.Url; INFLUX_DB = 'vms'; INFLUX_TOKEN = 'apiv3_secure'; INFLUX_CA_FILE = $demanding.CertificateAuthority
            INFLUX_CLIENT_CERT = "$($demanding.ClientCertificate).pem"; INFLUX_CLIENT_KEY = "$($demanding.ClientCertificate).key"
        }
        $set.GetEnumerator() | ForEach-Object { Set-Item "env:$($_.Key)" $_.Value }
        try {
            (Invoke-InfluxQuery 'SELECT 1 AS x').x | Should -Be 1
            (Get-VmStatsConnection).Authentication | Should -Be 'Token (INFLUX_TOKEN), Client certificate (INFLUX_CLIENT_CERT)'
        }
        finally { $set.Keys | ForEach-Object { Remove-Item "env:$_" } }
    }
}

Describe 'A proxy that the environment names' {
    It 'is the broken link when it is dead, and its password is not shown' {
        $set = @{ https_proxy = 'http://me:pw-must-not-show@127.0.0.1:9'; no_proxy = 'localhost' }
        $result = Invoke-TestShell -Environment $set -Script {
            try { Connect-VmStats https://influx.example.org vms -ErrorAction Stop }
            catch {
                "ID $($_.FullyQualifiedErrorId.Split(',')[0])"
                "$_ $($_.Exception) $($_.ErrorDetails.RecommendedAction)"
            }

            Connect-VmStats https://influx.example.org vms -NoProbe
            "LINK $((Test-VmStatsConnection -Detailed | Where-Object Result -EQ Failed | Select-Object -First 1).Link)"
        }
        $result.Output | Should -BeLike '*ID InfluxProxyUnreachable*http://127.0.0.1:9 (from https_proxy)*no_proxy*'
        $result.Output | Should -BeLike '*LINK Proxy*'
        "$($result.Output) $($result.Error)" | Should -Not -BeLike '*must-not-show*'
    }
}

Describe 'A connection to InfluxDB Clustered' {
    BeforeAll {
        $clustered = Start-TestPart clustered
        if (-not $clustered.Absent) { $null = Send-TestPart $clustered 'database vms' }
    }

    BeforeEach { Assert-TestPart $clustered }

    AfterEach { Disconnect-VmStats }

    AfterAll { Stop-TestPart $clustered }

    It 'is found by what it answers, read and written, and named' {
        Connect-VmStats $clustered.Url vms -Token $clustered.Token
        (Get-VmStatsConnection).Product | Should -Be 'InfluxDB Clustered or Cloud Dedicated'
        $null = Start-VmTelemetryCollector -HypervisorUri 'sim://clustered?vms=4' -Count 1 -Wait -ErrorAction Stop
        Get-VmTelemetry | Should -HaveCount 4
        Invoke-InfluxQuery 'SELECT COUNT(cpus) FROM vm_totals WHERE simulated = $yes' -Parameter @{ yes = 'true' } | ForEach-Object count | Should -Be 4
        (Test-VmStatsConnection -Detailed | Where-Object Link -EQ Server).Detail | Should -BeLike 'InfluxDB Clustered*'
        (Send-TestPart $clustered requests) | Should -Contain 'POST /api/v2/write'
    }

    It 'is named by -Api, has no SQL over HTTP, and makes no database' {
        Connect-VmStats $clustered.Url nosuch -Token $clustered.Token -Api V3Distributed -NoProbe
        Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' -Language Sql } | Should -Be 'QueryLanguageNotSupported'
        Get-ErrorId { Initialize-VmStatsDatabase } | Should -Be 'InitializationNotSupported'
    }
}

Describe 'A connection to older InfluxDBs' {
    BeforeAll {
        $first = Start-TestPart influxdb1 --authenticated
        $second = Start-TestPart influxdb2
        if (-not $first.Absent) {
            $null = Invoke-RestMethod "$($first.Url)/query" -Method Post -Body @{ q = "CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES" }
        }
    }

    BeforeEach { Assert-TestPart $first }

    AfterEach { Disconnect-VmStats }

    AfterAll { $first, $second | ForEach-Object { Stop-TestPart $_ } }

    It 'takes user and password by -Credential' {
        Connect-VmStats $first.Url vms -Credential ([pscredential]::new('admin', (ConvertTo-SecureString secret -AsPlainText)))
        (Get-VmStatsConnection).Kind | Should -Be 'InfluxDB1'
        (Get-VmStatsConnection).Authentication | Should -Be 'Basic (admin)'
        (Invoke-InfluxQuery 'SHOW USERS').user | Should -Be 'admin'
        Connect-VmStats $first.Url vms -Credential ([pscredential]::new('admin', $wrong)) -NoProbe
        Get-ErrorId { Invoke-InfluxQuery 'SHOW USERS' } | Should -Be 'InfluxCredentialsRefused'
    }

    It 'reads and writes the retention policy that -RetentionPolicy or db/rp names, and an empty answer tells where the data is' {
        $admin = [pscredential]::new('admin', (ConvertTo-SecureString secret -AsPlainText))
        Connect-VmStats $first.Url policies/weekly -Credential $admin
        (Initialize-VmStatsDatabase -RetentionPeriod 7d).Name | Should -Be 'policies', 'weekly'
        $null = Start-VmTelemetryCollector -HypervisorUri $LiveFleet -Count 1 -Wait
        $seen = @(Get-MonitoredVm).Count
        $seen | Should -BeGreaterThan 0

        Connect-VmStats $first.Url policies -Credential $admin
        Get-MonitoredVm -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warnings" | Should -BeLike "*-RetentionPolicy weekly*"
        (Test-VmStatsConnection -Detailed | Where-Object Link -EQ Freshness).Remedy | Should -BeLike '*-RetentionPolicy weekly*'
        Connect-VmStats $first.Url policies -Credential $admin -RetentionPolicy weekly
        @(Get-MonitoredVm) | Should -HaveCount $seen
        (Get-VmStatsConnection).Database | Should -Be 'policies/weekly'
        Get-ErrorId { Connect-VmStats $first.Url policies/weekly -RetentionPolicy daily -Credential $admin } | Should -Be 'RetentionPolicyAmbiguous'
    }

    It 'refuses to collect into a database that isn''t there' {
        Connect-VmStats $first.Url nosuch -Credential ([pscredential]::new('admin', (ConvertTo-SecureString secret -AsPlainText)))
        Get-ErrorId { Start-VmTelemetryCollector -HypervisorUri $LiveFleet -Count 1 } | Should -Be 'WriteTargetMissing'
        (Get-VmTelemetryCollector).Store | Should -Not -Contain "$($first.Url) (nosuch)"
    }

    It 'is spoken to by the API that -Api names' {
        Connect-VmStats $second.Url vms -Token $second.Token -Api V2
        (Get-VmStatsConnection).Kind | Should -Be 'InfluxDB2'
        (Invoke-InfluxQuery 'SHOW DATABASES' -ErrorAction Stop) | Out-Null
        # As InfluxDB 3: it has no such endpoint.
        Connect-VmStats $second.Url vms -Token $second.Token -Api V3 -NoProbe
        Get-ErrorId { Invoke-InfluxQuery 'SELECT 1' } | Should -Be 'InfluxEndpointNotFound'
    }
}

Describe 'Test-VmStatsConnection' {
    BeforeAll { $server = Start-TestPart influxdb1 }

    AfterEach { Disconnect-VmStats }

    AfterAll { Stop-TestPart $server }

    It 'walks each link of a sound store' {
        Connect-VmStats -Path "$TestDrive/a.db" -HypervisorUri $LiveFleet
        $null = Start-VmTelemetryCollector -Count 1 -Wait
        $checks = Test-VmStatsConnection -Detailed
        ($checks | Where-Object Result -EQ Failed) | Should -BeNullOrEmpty
        ($checks | Where-Object Link -EQ Freshness).Result | Should -Be 'Passed'
        Test-VmStatsConnection -Quiet | Should -BeExactly $true
        Test-VmStatsConnection 3>&1 | Should -BeExactly $true
    }

    It 'names the first broken link and its remedy, and skips what comes after it' {
        Assert-TestPart $server
        $connection = Connect-VmStats $server.Url nosuch -PassThru
        $checks = Test-VmStatsConnection -Detailed -Connection $connection
        $broken = @($checks | Where-Object Result -EQ Failed)
        $broken.Link | Should -Be 'Database'
        $broken.Remedy | Should -BeLike '*Initialize-VmStatsDatabase*'
        ($checks | Where-Object Link -EQ TCP).Result | Should -Be 'Passed'
        ($checks | Select-Object -Last 2).Result | Should -Be 'Skipped', 'Skipped'
        Test-VmStatsConnection -Connection $connection -Quiet | Should -BeFalse
        Disconnect-VmStats $connection
    }

    It 'tells that nobody listens' {
        Connect-VmStats http://127.0.0.1:9 vms -NoProbe
        (Test-VmStatsConnection -Detailed | Where-Object Result -EQ Failed).Link | Should -Be 'TCP'
    }

    It 'guards a runbook: its exit code, and why in its log' -ForEach @(
        @{ Where = 'a dead server'; Environment = @{ INFLUX_URL = 'http://127.0.0.1:9'; INFLUX_DB = 'vms' }; Why = '*TCP: Failed*' }
        @{ Where = 'a token for no server'; Environment = @{ INFLUX_URL = $null; INFLUX_TOKEN = 'x' }; Why = '*INFLUX_URL*' }
    ) {
        $runbook = {
            if (-not (Test-VmStatsConnection)) { exit 3 }
            'walked on'
        }
        $end = Invoke-TestShell $runbook -Environment $Environment
        $end.ExitCode | Should -Be 3 -Because $Where
        "$($end.Output) $($end.Error)" | Should -BeLike $Why
        $end.Output | Should -Not -BeLike '*walked on*'
    }
}

Describe 'Initialize-VmStatsDatabase' {
    BeforeAll {
        $first = Start-TestPart influxdb1
        $third = Start-TestPart influxdb3
    }

    AfterEach { Disconnect-VmStats }

    AfterAll { $first, $third | ForEach-Object { Stop-TestPart $_ } }

    It 'makes an InfluxDB 1.6 database with its retention, once' {
        Assert-TestPart $first
        $connection = Connect-VmStats $first.Url made -PassThru
        Initialize-VmStatsDatabase -RetentionPeriod 30d -WhatIf -Connection $connection | Should -BeNullOrEmpty
        (Invoke-InfluxQuery 'SHOW DATABASES' -Connection $connection).name | Should -Not -Contain 'made'
        (Initialize-VmStatsDatabase -RetentionPeriod 30d -Connection $connection).Result | Should -Contain 'Created'
        (Invoke-InfluxQuery 'SHOW RETENTION POLICIES' -Connection $connection).duration | Should -Contain '720h0m0s'
        (Initialize-VmStatsDatabase -Connection $connection).Result | Select-Object -Unique | Should -Be 'Exists'
        (Initialize-VmStatsDatabase -RetentionPeriod 60d -Connection $connection -Confirm:$false).Result | Should -Contain 'Changed'
        (Invoke-InfluxQuery 'SHOW RETENTION POLICIES' -Connection $connection).duration | Should -Contain '1440h0m0s'
        Disconnect-VmStats $connection
    }

    It 'makes InfluxDB 2''s bucket and mapping' {
        $second = Start-TestPart influxdb2
        Assert-TestPart $second
        try {
            Connect-VmStats $second.Url made2 -Token $second.Token
            Initialize-VmStatsDatabase -RetentionPeriod 30d -WhatIf | Should -BeNullOrEmpty
            (Initialize-VmStatsDatabase -RetentionPeriod 30d).Kind | Should -Be 'Database', 'Mapping'
            (Initialize-VmStatsDatabase -RetentionPeriod 30d).Result | Select-Object -Unique | Should -Be 'Exists'
            $null = Start-VmTelemetryCollector -HypervisorUri $LiveFleet -Count 1 -Wait
            Get-MonitoredVm | Should -Not -BeNullOrEmpty
        }
        finally { Stop-TestPart $second }
    }

    It 'makes InfluxDB 3''s database, tables and caches' {
        Assert-TestPart $third
        Connect-VmStats $third.Url vms
        Initialize-VmStatsDatabase -WhatIf | Should -BeNullOrEmpty
        Send-TestPart $third requests | Where-Object { $_.target -like '/api/v3/configure*' -and $_.method -ne 'GET' } | Should -BeNullOrEmpty
        $made = Initialize-VmStatsDatabase -RetentionPeriod 30d
        $made.Result | Select-Object -Unique | Should -Be 'Created'
        $made.Name | Should -Contain 'vm_totals'
        (Send-TestPart $third 'retention vms').seconds | Should -Be (30 * 86400)
    }

    It 'finds an embedded store made already' {
        Connect-VmStats -Path "$TestDrive/a.db"
        (Initialize-VmStatsDatabase).Result | Select-Object -Unique | Should -Be 'Exists'
    }

    It 'deletes what is too old from an embedded store, but more than an eighth only with -Force' {
        Connect-VmStats -Path "$TestDrive/old.db" -HypervisorUri 'sim://old?vms=2&seed=3&history=20m&speed=1200'
        $null = Start-VmTelemetryCollector -Interval 10s -Count 100 -Wait
        $before = @(Get-VmTelemetry -Last 1h).Count
        $held = Initialize-VmStatsDatabase -RetentionPeriod 5m -WarningAction Ignore -ErrorAction Ignore
        @(Get-VmTelemetry -Last 1h).Count | Should -Be $before
        $held.Result | Should -Not -Contain 'Changed'
        $null = Initialize-VmStatsDatabase -RetentionPeriod 5m -Force
        $left = @(Get-VmTelemetry -Last 1h).Count
        $left | Should -BeGreaterThan 0
        $left | Should -BeLessThan ($before / 2)
    }

    It 'asks with -Confirm, and takes no for an answer' {
        Assert-TestPart $first
        $answer = Invoke-TestShell { param($url) Connect-VmStats $url asked; Initialize-VmStatsDatabase -Confirm } -ArgumentList $first.Url -InputText "n`n"
        $answer.Output | Should -BeLike '*Create database*asked*'
        Connect-VmStats $first.Url asked
        (Invoke-InfluxQuery 'SHOW DATABASES').name | Should -Not -Contain 'asked'
        $null = Invoke-TestShell { param($url) Connect-VmStats $url asked; Initialize-VmStatsDatabase -Confirm } -ArgumentList $first.Url -InputText "y`n"
        (Invoke-InfluxQuery 'SHOW DATABASES').name | Should -Contain 'asked'
    }
}
