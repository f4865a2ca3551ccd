# Packages the module for distribution. Dot-sourced by build.ps1; creates in $Folder:
#   VmStats.PowerShell/<version>/           the module folder, to be copied to a folder of PSModulePath
#   VmStats.PowerShell-<version>.zip        the same as an archive
#   VmStats.PowerShell.<version>.nupkg      for a repository: Publish-PSResource -NupkgPath, Install-PSResource

$manifest = Import-PowerShellDataFile ([IO.Path]::Combine($Root, 'module', 'VmStats.PowerShell.psd1'))
$version = $manifest.ModuleVersion
$stage = [IO.Path]::Combine($Folder, 'VmStats.PowerShell', $version)

# Returns the changelog's section for this version, without its heading.
function Get-ReleaseNotes {
    $lines = [IO.File]::ReadAllLines([IO.Path]::Combine($Root, 'module', 'CHANGELOG.md'))
    $isWanted = $false
    $notes = foreach ($line in $lines) {
        if ($line -match '^## (\S+)') { $isWanted = $Matches[1] -in 'Unreleased', $version }
        elseif ($isWanted) { $line }
    }

    ($notes -join "`n").Trim()
}

function Set-ReleaseNotes([string] $Notes) {
    $file = [IO.Path]::Combine($stage, 'VmStats.PowerShell.psd1')
    $text = [IO.File]::ReadAllText($file)
    $line = "ReleaseNotes = '$($manifest.PrivateData.PSData.ReleaseNotes)'"
    if (-not $text.Contains($line)) { throw "The manifest has no line with its release notes: $line" }
    [IO.File]::WriteAllText($file, $text.Replace($line, "ReleaseNotes = '$($Notes.Replace("'", "''"))'"))
}

if ([IO.Directory]::Exists($Folder)) { [IO.Directory]::Delete($Folder, $true) }
$null = [IO.Directory]::CreateDirectory($stage)
Build-Module -Into $stage

# Deletes files that only tests and debuggers need. The deps.json files stay: lib/ is resolved with them.
foreach ($file in [IO.Directory]::GetFiles($stage, '*', 'AllDirectories')) {
    if ($file -match '\.pdb$|[\\/]VmStats\.\w+\.xml$') { [IO.File]::Delete($file) }
}

foreach ($name in 'LICENSE', 'README.md') { [IO.File]::Copy([IO.Path]::Combine($Root, $name), [IO.Path]::Combine($stage, $name)) }
Set-ReleaseNotes (Get-ReleaseNotes)
$null = Test-ModuleManifest ([IO.Path]::Combine($stage, 'VmStats.PowerShell.psd1'))

$zip = [IO.Path]::Combine($Folder, "VmStats.PowerShell-$version.zip")
[IO.Compression.ZipFile]::CreateFromDirectory([IO.Path]::Combine($Folder, 'VmStats.PowerShell'), $zip, 'Optimal', $true)
if (-not (Get-Command Compress-PSResource -ErrorAction Ignore)) {
    throw "The .nupkg is made by Compress-PSResource, which comes with PowerShell 7.5 and later: dotnet tool restore && dotnet pwsh -File build.ps1 -Task Package"
}

Compress-PSResource -Path $stage -DestinationPath $Folder
Say "In ${Folder}:"
foreach ($entry in [IO.Directory]::GetFileSystemEntries($Folder) | Sort-Object) {
    $size = (Get-ChildItem $entry -Recurse -File | Measure-Object Length -Sum).Sum / 1MB
    Say ('{0,8:0.0} MB  {1}' -f $size, [IO.Path]::GetFileName($entry))
}

Say 'To install it:'
Say "    Register-PSResourceRepository VmStats -Uri '$Folder' -Trusted"
Say '    Install-PSResource VmStats.PowerShell -Repository VmStats'
