<#
.SYNOPSIS
    A first look at VmStats: a simulated fleet of 20 VMs, an embedded store of its own, one hour in about fifteen seconds.
.DESCRIPTION
    Needs no libvirt, no InfluxDB and no rights, and touches neither your store nor your machine's VMs: all of it lies in
    one new folder below the temporary folder, which the last lines name, with the line that removes it. At a prompt the
    session stays connected, and a collector keeps its figures fresh.
#>
[CmdletBinding()]
param(
    [string] $Folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), "vmstats-first-look-$PID")
)

$ErrorActionPreference = 'Stop'
$fleet = 'sim://fleet?vms=20&seed=1&mem=0.5&history=1h&speed=300'

function Say([string] $Text) { $Host.UI.WriteLine($Text) }

function Step([string] $Text, [string] $Command) {
    Say "`n# $Text`nPS> $Command"
    & ([scriptblock]::Create($Command)) | Out-Host
}

# Whether somebody can type when this is over: the shell stays, and its words come from a keyboard.
function Test-Prompt {
    $words = [Environment]::GetCommandLineArgs() | Select-Object -Skip 1
    $endsByItself = $words -match '^--?(f|file|c|command|e|ec|encodedcommand)$|\.ps1$' -and -not ($words -match '^--?noe')
    return -not ($endsByItself -or $words -match '^--?noni' -or [Console]::IsInputRedirected)
}

# Until the fleet's fast clock has reached the present; words every few seconds, for those who see no progress bar.
function Wait-Fleet {
    for ($looks = 1; ; $looks++) {
        $collector = Get-VmTelemetryCollector
        if ($collector.State -ne 'Running') { throw "The collector has ended: $($collector.LastError)" }
        $isNow = $collector.LastPoll -and $collector.LastPoll -gt [datetime]::Now.AddSeconds(-20)
        if ($isNow -and $collector.PointsWritten -eq $collector.PointsCollected) { return }
        Start-Sleep -Milliseconds 500
        if ($looks % 6 -eq 0) { Say "    $($collector.Polls) polls, $($collector.PointsWritten) points written" }
    }
}

$null = [IO.Directory]::CreateDirectory($Folder)
$store = [IO.Path]::Combine($Folder, 'telemetry.db')
$dumps = [IO.Path]::Combine($Folder, 'dumps')
Say "Everything goes into $Folder"

Step 'An embedded store, and a fleet whose clock runs 300 times too fast until it has caught up with yours' `
    "Connect-VmStats -Path '$store' -HypervisorUri '$fleet'"
Step 'A collector in the background: one sample of every VM each 10 seconds, first of the past hour' `
    'Start-VmTelemetryCollector -Interval 10s'
Wait-Fleet
Step 'Which VMs are known?' 'Get-MonitoredVm'
Step 'How are they now?' 'Get-VmTelemetry'
Step 'One VM''s last minutes' 'Get-VmTelemetry db01 -Last 2m'
Step 'Each of its devices' 'Get-VmTelemetry db01 -Device'
Step 'Which were the busiest of the hour?' 'Measure-VmTelemetry -Last 1h -Metric CpuPercent | Sort-Object Maximum -Descending | Select-Object -First 3'
Step 'The memory of one: hashed, compressed and recorded in one pass' "Get-MonitoredVm mon01 | Invoke-MemoryDump -Path '$dumps'"
Step 'The record in the store' 'Get-MemoryDumpRecord mon01'
Step 'And the statistics' 'Get-MemoryDumpStats'

$stays = Test-Prompt
if ($stays) { Step 'The collector goes on' 'Get-VmTelemetryCollector' } else { Get-VmTelemetryCollector | Stop-VmTelemetryCollector }
$size = (Get-ChildItem $Folder -Recurse -File | Measure-Object Length -Sum).Sum / 1MB
$remove = "Remove-Item -Recurse -Force '$Folder'"
Say "`nThat was an hour of 20 simulated VMs: their telemetry, their devices, and a memory dump with its record."
if ($stays) {
    Say 'The session is connected, and its figures are never older than 10 s. Some lines to try:'
    Say '    Get-VmTelemetry | Sort-Object CpuPercent -Descending | Select-Object -First 5'
    Say '    Get-Command -Module VmStats.PowerShell; Get-Help Get-VmTelemetry -Examples; Get-Help about_VmStats'
    $remove = "Get-VmTelemetryCollector | Stop-VmTelemetryCollector; Disconnect-VmStats; $remove"
}
else {
    $module = (Get-Module VmStats.PowerShell).ModuleBase
    Say 'In a shell of your own, these two lines go on with it:'
    Say "    Import-Module '$module'"
    Say "    Connect-VmStats -Path '$store' -HypervisorUri 'sim://fleet?vms=20&seed=1&mem=0.5'"
}

Say ('The data is in {0} ({1:0} MB). This line removes it:' -f $Folder, $size)
Say "    $remove"
