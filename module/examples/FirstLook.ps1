<#
.SYNOPSIS
    A first look at VmStats: a simulated fleet of 20 VMs, an embedded store of its own, one hour in about fifteen seconds.
.DESCRIPTION
    Needs no libvirt, no InfluxDB and no rights, and touches neither your store nor your machine's VMs: all of it lies in
    one new folder below the temporary folder, which is named at the end.
#>
[CmdletBinding()]
param(
    [string] $Folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), "vmstats-first-look-$PID")
)

$ErrorActionPreference = 'Stop'
$fleet = 'sim://fleet?vms=20&seed=1&history=65m&speed=300'

function Step([string] $Text, [string] $Command) {
    $Host.UI.WriteLine('')
    $Host.UI.WriteLine("# $Text")
    $Host.UI.WriteLine("PS> $Command")
    & ([scriptblock]::Create($Command)) | Out-Host
}

$null = [IO.Directory]::CreateDirectory($Folder)
$store = [IO.Path]::Combine($Folder, 'telemetry.db')
$dumps = [IO.Path]::Combine($Folder, 'dumps')

Step 'An embedded store, and a fleet whose clock runs 300 times too fast until it has caught up' `
    "Connect-VmStats -Path '$store' -HypervisorUri '$fleet'"
Step 'The collector: one sample of every VM each 10 seconds of the fleet''s hour' `
    'Start-VmTelemetryCollector -Interval 10s -Count 360 -Wait'

# What is left of the 65 minutes takes the fast clock a second; samples taken before that would be minutes old.
[Threading.Thread]::Sleep(1500)
Step 'The fleet''s clock has caught up: three samples more, in real time' `
    'Start-VmTelemetryCollector -Interval 1s -Count 3 -Wait'
Step 'Which VMs are known?' 'Get-MonitoredVm'
Step 'How are they now?' 'Get-VmTelemetry'
Step 'One VM''s last minutes' 'Get-VmTelemetry db01 -Last 6m'
Step 'Each of its devices' 'Get-VmTelemetry db01 -Device'
Step 'Its memory: hashed, compressed and recorded in one pass' "Get-MonitoredVm db01 | Invoke-MemoryDump -Path '$dumps'"
Step 'The record in the store' 'Get-MemoryDumpRecord db01'
Step 'And the statistics' 'Get-MemoryDumpStats'

$Host.UI.WriteLine("All of it lies in $Folder; delete that folder when you have seen enough.")
$Host.UI.WriteLine('Next: Get-Command -Module VmStats.PowerShell; Get-Help Get-VmTelemetry -Examples; Get-Help about_VmStats')
