# The real parts that tests need: which of them are here, what installing the others takes, and how they go again.

# Program that must be there -> Debian package that brings it.
$parts = [ordered]@{
    'influxd'            = 'influxdb'
    'libvirtd'           = 'libvirt-daemon'
    'virsh'              = 'libvirt-clients'
    'qemu-system-x86_64' = 'qemu-system-x86'
    'qemu-img'           = 'qemu-utils'
    'zstd'               = 'zstd'
    'sqlite3'            = 'sqlite3'
    'python3'            = 'python3'
    'node'               = 'nodejs'
    'npm'                = 'npm'
}

# As the tests look for it: a guest of Debian's kernel and busybox, and two npm packages.
$partsFolder = if ($env:VMSTATS_PARTS) { $env:VMSTATS_PARTS } else { [IO.Path]::Combine($HOME, '.cache', 'vmstats-parts') }

function Test-Program([string] $Name) {
    foreach ($folder in "$env:PATH".Split([IO.Path]::PathSeparator) + '/usr/sbin', '/usr/bin', '/sbin') {
        if ($folder -and [IO.File]::Exists([IO.Path]::Combine($folder, $Name))) { return $true }
    }

    return $false
}

function Get-MissingParts { foreach ($program in $parts.Keys) { if (-not (Test-Program $program)) { $parts[$program] } } }

function Show-Plan {
    Say 'The tests of VmStats: xunit (tests/VmStats.Core.Tests, tests/VmStats.PowerShell.Tests) and Pester (tests/pester, in'
    Say 'a PowerShell of its own), at the same time; about ten minutes on two cores, the build included.'
    Say 'They start an InfluxDB 1.6, libvirtds and QEMU guests of their own, on free ports and in temporary folders, and touch'
    Say 'none that this machine already runs.'
    $missing = @(Get-MissingParts)
    if ($missing -and -not $InstallParts) {
        Say "Missing here: $missing. What needs them is skipped; -InstallParts installs them."
    }
}

# What apt-get says that it would do: "Need to get 1,234 kB of archives", "After this operation, 5,678 kB of additional ...".
function Get-Sizes([string[]] $Packages) {
    $text = (& apt-get install --assume-no --no-install-recommends @Packages 2>&1) -join "`n"
    foreach ($pattern in 'Need to get ([\d.,]+ .?B)', 'After this operation, ([\d.,]+ .?B)') {
        if ($text -match $pattern) { $Matches[1] } else { 'an unknown size' }
    }
}

function Install-Parts {
    # The tests may now make their guest and restore the npm packages.
    $env:VMSTATS_INSTALL_PARTS = '1'
    $missing = @(Get-MissingParts)
    $hasGuest = [IO.File]::Exists([IO.Path]::Combine($partsFolder, 'guest', 'vmlinuz'))
    $hasApt = [OperatingSystem]::IsLinux() -and (Test-Program 'apt-get')
    $mayInstall = $hasApt -and [Environment]::IsPrivilegedProcess
    $remove = @()
    if ($mayInstall -and ($missing -or -not $hasGuest)) {
        $env:DEBIAN_FRONTEND = 'noninteractive'
        $env:LC_ALL = 'C.UTF-8'
        Say 'Reading the lists of packages.'
        Invoke-Watched 'apt-get update' apt-get @('update', '-qq')
    }

    if ($missing -and -not $mayInstall) {
        Say "Missing here: $missing. Parts are installed as root on Debian only; what needs them is skipped."
    }
    elseif ($missing) {
        $download, $disk = Get-Sizes $missing
        Say "Installing $missing"
        Say "    $download to download, $disk on disk"
        $remove += "apt-get purge --autoremove $missing"
    }

    if ($hasApt -and -not $hasGuest) {
        Say "Into ${partsFolder}: a kernel and a RAM disk for the test guests, a SQL parser and a DataFusion (50 MB)."
    }

    if ($mayInstall) { $remove += 'userdel vmstats-it' }
    if ($hasApt) { $remove += "rm -rf '$partsFolder'" }
    if ($remove) { Say "This line removes all of it again: $($remove -join '; ')" }
    if ($missing -and $mayInstall) {
        # No package may start a service here: the tests start their own, in folders and on ports of their own.
        $policy = '/usr/sbin/policy-rc.d'
        $kept = if ([IO.File]::Exists($policy)) { [IO.File]::ReadAllBytes($policy) }
        [IO.File]::WriteAllText($policy, "#!/bin/sh`nexit 101`n")
        & chmod 755 $policy
        try {
            Invoke-Watched 'installing the parts' apt-get (@('install', '-y', '-qq', '--no-install-recommends') + $missing)
        }
        finally {
            if ($null -ne $kept) { [IO.File]::WriteAllBytes($policy, $kept) } else { [IO.File]::Delete($policy) }
        }
    }
}
