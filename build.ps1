<#
.SYNOPSIS
    Builds, shows, tests and packs VmStats.
.DESCRIPTION
    Runs under pwsh 7.4 and later, and under this repository's own host, which has PowerShell's engine only: so there is
    nothing here but the language, native commands and .NET.
.PARAMETER Task
    Build   builds everything; the importable module is then in out/VmStats.PowerShell.
    Demo    builds, then takes a first look: a simulated fleet, a store of its own, one memory dump.
    Test    builds, runs every test and ends with a line "N passed, N failed".
    Pester  builds and runs the Pester suite alone; needs pwsh and Pester 5.
    Pack    builds and packs the module into out/VmStats.PowerShell.zip.
.PARAMETER InstallParts
    With Test: may install the real parts that tests need and this machine lacks (InfluxDB 1.6, libvirtd, QEMU, zstd,
    Node), by apt-get, as root, on Debian and its kin. What is installed already is neither changed nor started nor stopped.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Demo', 'Test', 'Pester', 'Pack')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [switch] $InstallParts
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$module = [IO.Path]::Combine($root, 'out', 'VmStats.PowerShell')
$results = [IO.Path]::Combine($root, 'TestResults')

# Program that must be there -> Debian package that brings it.
$parts = [ordered]@{
    'influxd'            = 'influxdb'
    'libvirtd'           = 'libvirt-daemon'
    'virsh'              = 'libvirt-clients'
    'qemu-system-x86_64' = 'qemu-system-x86'
    'qemu-img'           = 'qemu-utils'
    'zstd'               = 'zstd'
    'node'               = 'nodejs'
    'npm'                = 'npm'
}

function Say([string] $Text) { [Console]::Out.WriteLine($Text) }

function Invoke-Native([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "$Program $Arguments ended with $LASTEXITCODE." }
}

function Find-Program([string] $Name) {
    foreach ($folder in $env:PATH.Split([IO.Path]::PathSeparator) + '/usr/sbin', '/usr/bin') {
        if ($folder -and [IO.File]::Exists([IO.Path]::Combine($folder, $Name))) { return $true }
    }

    return $false
}

# The host that may be running this was built just before, by the same SDK from the same sources: for it the build finds
# nothing to do, and so doesn't write to the files that are in use.
function Build {
    Invoke-Native dotnet @('build', [IO.Path]::Combine($root, 'VmStats.PowerShell.sln'), '-c', $Configuration, '-v', 'quiet', '-nologo')
}

function Install-Parts {
    if (-not [OperatingSystem]::IsLinux() -or -not [Environment]::IsPrivilegedProcess -or -not (Find-Program 'apt-get')) {
        Say 'Parts are installed as root on Debian and its kin only; going on with what is here.'
        return
    }

    $env:DEBIAN_FRONTEND = 'noninteractive'
    Invoke-Native apt-get @('update', '-qq')
    $missing = @(foreach ($program in $parts.Keys) { if (-not (Find-Program $program)) { $parts[$program] } })
    if ($missing.Count -gt 0) {
        Say "Installing $missing"

        # No package may start a service here: the tests start their own, in folders and on ports of their own.
        $policy = '/usr/sbin/policy-rc.d'
        $kept = if ([IO.File]::Exists($policy)) { [IO.File]::ReadAllBytes($policy) }
        [IO.File]::WriteAllText($policy, "#!/bin/sh`nexit 101`n")
        & chmod 755 $policy
        try {
            Invoke-Native apt-get (@('install', '-y', '-qq', '--no-install-recommends') + $missing)
        }
        finally {
            if ($null -ne $kept) { [IO.File]::WriteAllBytes($policy, $kept) } else { [IO.File]::Delete($policy) }
        }
    }

    # The tests may now make their guest of Debian's kernel and busybox, and restore two npm packages, in a cache folder.
    $env:VMSTATS_INSTALL_PARTS = '1'
}

function Read-Results([string] $File) {
    $trx = [Xml.XmlDocument]::new()
    $trx.Load($File)
    foreach ($result in $trx.GetElementsByTagName('UnitTestResult')) {
        $message = $result.GetElementsByTagName('Message')
        [pscustomobject]@{
            Name    = $result.GetAttribute('testName')
            Outcome = $result.GetAttribute('outcome')
            Reason  = if ($message.Count -gt 0) { $message.Item(0).InnerText } else { '' }
        }
    }
}

function Test-Projects {
    $null = [IO.Directory]::CreateDirectory($results)
    foreach ($project in 'VmStats.Core.Tests', 'VmStats.PowerShell.Tests') {
        $file = [IO.Path]::Combine($results, "$project.trx")
        [IO.File]::Delete($file)
        & dotnet test ([IO.Path]::Combine($root, 'tests', $project)) -c $Configuration --no-build -nologo `
            --logger "trx;LogFileName=$project.trx" --logger 'console;verbosity=minimal' --results-directory $results | Out-Host
        if (-not [IO.File]::Exists($file)) { throw "$project left no results." }
        Read-Results $file
    }
}

function Test-Pester {
    $pester = Get-Module Pester -ListAvailable | Where-Object Version -GE '5.0' | Where-Object { $Host.Name -eq 'ConsoleHost' }
    if (-not $pester) {
        return [pscustomobject]@{ Name = 'tests/pester'; Outcome = 'NotExecuted'; Reason = 'The Pester suite runs under pwsh with Pester 5.' }
    }

    Import-Module Pester -MinimumVersion 5.0
    $run = Invoke-Pester -Path ([IO.Path]::Combine($root, 'tests', 'pester')) -PassThru
    foreach ($test in $run.Tests) {
        $outcome = @{ Passed = 'Passed'; Failed = 'Failed' }[$test.Result]
        [pscustomobject]@{ Name = $test.ExpandedPath; Outcome = if ($outcome) { $outcome } else { 'NotExecuted' }; Reason = "$($test.ErrorRecord)" }
    }
}

function Summarize([object[]] $Tests) {
    $passed = @($Tests | Where-Object Outcome -EQ 'Passed').Count
    $failed = @($Tests | Where-Object Outcome -EQ 'Failed')
    $skipped = @($Tests | Where-Object { $_.Outcome -notin 'Passed', 'Failed' })
    foreach ($test in $failed) { Say "FAILED  $($test.Name)" }
    $reasons = [Collections.Generic.SortedDictionary[string, int]]::new()
    foreach ($test in $skipped) { $reasons[$test.Reason] = 1 + $(if ($reasons.ContainsKey($test.Reason)) { $reasons[$test.Reason] } else { 0 }) }
    foreach ($reason in $reasons.Keys) { Say "SKIPPED $($reasons[$reason]): $reason" }
    Say "$passed passed, $($failed.Count) failed"
    if ($failed.Count -gt 0 -or $passed -eq 0) { exit 1 }
}

switch ($Task) {
    'Build' {
        Build
        Say "The module is in $module"
    }
    'Demo' {
        Build
        Import-Module $module -Force -Global
        & ([IO.Path]::Combine($module, 'examples', 'FirstLook.ps1'))
    }
    'Test' {
        if ($InstallParts) { Install-Parts }
        Build
        Summarize (@(Test-Projects) + @(Test-Pester))
    }
    'Pester' {
        Build
        Summarize @(Test-Pester)
    }
    'Pack' {
        Build
        $zip = "$module.zip"
        [IO.File]::Delete($zip)
        [IO.Compression.ZipFile]::CreateFromDirectory($module, $zip, 'Optimal', $true)
        Say "Packed $zip"
    }
}
