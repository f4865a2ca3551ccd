<#
.SYNOPSIS
    Builds, shows, tests and packs VmStats.
.DESCRIPTION
    Runs in PowerShell 7.4 and later; without one: dotnet tool restore && dotnet pwsh -File build.ps1 ...
.PARAMETER Task
    Build    builds everything, with all analyzers; the importable module is then in out/VmStats.PowerShell.
    Demo     builds the module and takes a first look: a simulated fleet, a store of its own, one memory dump.
    Test     builds everything, runs every test and ends with a line "N passed, N failed, N skipped".
    Pester   as Test, with the Pester suite alone.
    Package  builds the module and packs it into out/package: a folder for PSModulePath, a zip and a .nupkg.
.PARAMETER InstallParts
    With Test and Pester: may install the real parts that tests need and this machine lacks (InfluxDB 1.6, libvirtd,
    QEMU, zstd, sqlite3, Python, Node), by apt-get, as root, on Debian. What is installed already is neither changed nor
    started nor stopped.
.PARAMETER PackageFolder
    With Package: the folder that is made, or made anew.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Demo', 'Test', 'Pester', 'Package')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [switch] $InstallParts,

    [string] $PackageFolder = [IO.Path]::Combine($PSScriptRoot, 'out', 'package')
)

# In a scope of its own: pwsh -NoExit -File leaves a script's variables and functions at the prompt.
& {
    param([string] $Root, [string] $Task, [string] $Configuration, [bool] $InstallParts, [string] $Folder)

    $ErrorActionPreference = 'Stop'
    $module = [IO.Path]::Combine($Root, 'out', 'VmStats.PowerShell')
    . ([IO.Path]::Combine($Root, 'tests', 'run', 'Watch.ps1'))

    # The analyzers take most of a build; they are left out where somebody waits for a first look. A later build notices.
    function Build-Module([switch] $Quick, [string] $Into) {
        Invoke-Watched 'building the module' dotnet @(
            'build', [IO.Path]::Combine($Root, 'src', 'VmStats.PowerShell'), '-c', $Configuration, '-v', 'quiet', '-nologo'
            if ($Quick) { '-p:RunAnalyzers=false', '-p:NuGetAudit=false' }
            if ($Into) { "-p:ModuleOutput=$Into/" })
    }

    # Whether nothing has changed since the module was last laid out.
    function Test-IsBuilt {
        $stamp = [IO.FileInfo]::new("$module.stamp")
        $sources = 'src', 'module' | ForEach-Object { Get-ChildItem ([IO.Path]::Combine($Root, $_)) -Recurse -File }
        $stamp.Exists -and -not ($sources | Where-Object { $_.LastWriteTimeUtc -gt $stamp.LastWriteTimeUtc -and $_.FullName -notmatch '[\\/](bin|obj)[\\/]' })
    }

    function Build-All {
        Say 'Building everything, with all analyzers.'
        Invoke-Watched 'building' dotnet @(
            'build', [IO.Path]::Combine($Root, 'VmStats.PowerShell.sln'), '-c', $Configuration, '-v', 'quiet', '-nologo')
    }

    switch ($Task) {
        'Build' {
            Build-All
            Say "The module is in $module"
        }
        'Demo' {
            if (-not (Test-IsBuilt)) {
                Say 'Building the module, about a minute, the first time only.'
                Build-Module -Quick
            }

            Import-Module $module -Force -Global
            & ([IO.Path]::Combine($module, 'examples', 'FirstLook.ps1'))
        }
        { $_ -in 'Test', 'Pester' } {
            . ([IO.Path]::Combine($Root, 'tests', 'run', 'Parts.ps1'))
            . ([IO.Path]::Combine($Root, 'tests', 'run', 'Suites.ps1'))
            Show-Plan
            if ($InstallParts) { Install-Parts }
            Build-All
            $suites = @(Get-PesterSuite)
            if ($Task -eq 'Test') { $suites += (Get-XunitSuite 'VmStats.Core.Tests'), (Get-XunitSuite 'VmStats.PowerShell.Tests') }
            Show-Summary @(Invoke-Suites $suites)
        }
        'Package' {
            Say 'Building the module, with all analyzers.'
            . ([IO.Path]::Combine($Root, 'src', 'VmStats.PowerShell', 'Package.ps1'))
        }
    }
} $PSScriptRoot $Task $Configuration $InstallParts $PackageFolder

# With -NoExit these would stay, too.
Remove-Variable Task, Configuration, InstallParts, PackageFolder
