#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Every example of the help, and every PowerShell block of the README, run as it is written in a shell of its own. What an
# example takes for granted (a store with VMs in it, a dump, a collector) is there before; addresses that are nobody's are
# replaced by those of parts that the tests start, and folders by temporary ones.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/Support.psm1"
    $examples = @(
        foreach ($command in Get-Command -Module VmStats.PowerShell) {
            $number = 0
            foreach ($example in (Get-Help $command.Name).examples.example) { @{ From = '{0}, example {1}' -f $command.Name, (++$number); Code = "$($example.code)" } }
        }

        $number = 0
        foreach ($block in [regex]::Matches([IO.File]::ReadAllText("$Root/README.md"), '(?ms)^```powershell\r?\n(.*?)^```')) {
            @{ From = 'README, block {0}' -f (++$number); Code = $block.Groups[1].Value }
        }
    )
}

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"

    # Three VMs that run without a break.
    $hypervisor = 'sim://examples?vms=3&seed=3&mem=0.125'
    $new = Start-TestPart influxdb3 '--token', 'apiv3_examples'
    $old = Start-TestPart influxdb1
    $service = Start-TestPart dump-service
    $null = Send-TestPart $service 'complete 1'

    function Add-Telemetry {
        $null = Start-VmTelemetryCollector -HypervisorUri $hypervisor -Interval 100ms -Count 3 -Wait
        Disconnect-VmStats
    }

    Connect-VmStats -Path "$TestDrive/embedded.db"
    Add-Telemetry
    if (-not $old.Absent) {
        Connect-VmStats $old.Url vms
        $null = Initialize-VmStatsDatabase
        Add-Telemetry
    }

    if (-not $new.Absent) {
        Connect-VmStats $new.Url vms -Token $new.Token
        $null = Initialize-VmStatsDatabase
        Add-Telemetry
    }

    # What an example takes for granted, by what is in it; and what stands in it for what nobody has.
    $before = [ordered]@{
        '\$lab'                                                                    = '$lab = Connect-VmStats -Path ./lab.db -PassThru'
        'Read-Host'                                                                = 'function Read-Host { ConvertTo-SecureString apiv3_examples -AsPlainText }'
        'Get-MemoryDumpRecord|Get-MemoryDumpSt|Expand-|Test-MemoryDump|Remove-MemoryDump' = '$null = Invoke-MemoryDump db01'
        '^Stop-MemoryDump'                                                         = '$null = Invoke-MemoryDump db01 -HypervisorUri "sim://slow?vms=3&seed=3&dumprate=1" -AsJob; while (-not (Get-MemoryDumpStatus db01 -State Running)) { Start-Sleep -Milliseconds 50 }'
        'out/package'                                                              = "`$null = New-Item ./out/package -ItemType Directory; Compress-PSResource '$(Split-Path $ModuleManifest)' ./out/package"
        'Stop-VmTelemetryCollector|^Get-VmTelemetryCollector'                      = '$null = Start-VmTelemetryCollector -Interval 1s'
    }
    $instead = [ordered]@{
        'https://influx.example.org:8181'              = $new.Url
        'http://kvm1:5001'                             = $service.Url
        "'qemu:///system'"                             = "'$hypervisor'"
        "'qemu+ssh://root@kvm2/system'"                = "'sim://kvm2?vms=3&seed=4&mem=0.125'"
        "'qemu+ssh://root@kvm3/system'"                = "'sim://kvm3?vms=3&seed=5&mem=0.125'"
        'qemu+ssh://root@kvm2/system'                  = "'sim://kvm2?vms=3&seed=4&mem=0.125'"
        'qemu+ssh://root@kvm3/system'                  = "'sim://kvm3?vms=3&seed=5&mem=0.125'"
        'qemu:///session'                              = "'sim://session?vms=3&seed=4&mem=0.125'"
        'qemu:///system'                               = "'$hypervisor'"
        '/srv/dumps'                                   = './dumps'
        './db01_20260131T134500Z_1a2b3c4d.elf.zst'     = '(Get-MemoryDumpRecord db01 -First 1).Path'
        './out/VmStats.PowerShell'                     = "'$ModuleManifest'"
    }
}

AfterAll { $new, $old, $service | ForEach-Object { Stop-TestPart $_ } }

Describe 'The example <From>' -ForEach $examples {
    It 'runs without an error' {
        # The store that its language needs: SQL is InfluxDB 3's, InfluxQL the older ones'; to all others each store is alike.
        $store = $Code -match 'InfluxQL' ? $old : $Code -match 'Invoke-InfluxQuery|Initialize-|influx\.example' ? $new : $null
        if ($store) { Assert-TestPart $store }
        $folder = (New-Item "$TestDrive/$([guid]::NewGuid())" -ItemType Directory).FullName
        $environment = @{
            LIBVIRT_URI = $hypervisor; DUMP_DIR = "$folder/dumps"; XDG_STATE_HOME = "$folder/state"
            INFLUX_URL = "file://$folder/embedded.db"; INFLUX_DB = $null; INFLUX_TOKEN = $null
        }
        if ($store) {
            $environment.INFLUX_URL, $environment.INFLUX_DB = $store.Url, 'vms'
            if ($store.Token) { $environment.INFLUX_TOKEN = 'apiv3_examples' }
        }
        else { Copy-Item "$TestDrive/embedded.db*" $folder }

        $text = $Code
        foreach ($address in $instead.Keys) { $text = $text.Replace($address, $instead[$address]) }
        $prepared = foreach ($pattern in $before.Keys) { if ($Code -match $pattern) { $before[$pattern] } }
        $script = [scriptblock]::Create((@($prepared) + $text) -join "`n")

        # Where it asks, the user says yes to all.
        $end = Invoke-TestShell $script -Environment $environment -WorkingDirectory $folder -InputText ("a`n" * 4) -TimeoutSec 120
        $end.Error | Should -BeNullOrEmpty
        $end.ExitCode | Should -Be 0
    }
}

Describe 'The examples' {
    It 'were found: those of each cmdlet, and the README''s' -ForEach @{ Examples = $examples } {
        foreach ($command in Get-Command -Module VmStats.PowerShell) {
            @($Examples | Where-Object { $_.From -like "$($command.Name),*" }).Count | Should -BeGreaterThan 0 -Because $command.Name
        }

        @($Examples | Where-Object { $_.From -like 'README*' }).Count | Should -BeGreaterThan 0
    }
}
