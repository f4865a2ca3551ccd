<#
.SYNOPSIS
    Runs test files from Invoke-Suite's queue, one after the other, until none is left.
.DESCRIPTION
    A file NNN.task is claimed by its new name, NNN.running-ID; what its tests gave is then in NNN.done. With -Discover, the
    tests of one file are only listed.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Queue,
    [string] $Id,
    [string] $Filter = '*',
    [string] $Discover,
    [string] $ResultFile
)

# Of the whole session, so that an error that a test doesn't expect fails it: see Get-ErrorId in Support.psm1 for those it does.
$global:ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module Pester -MinimumVersion 5.0
Import-Module "$PSScriptRoot/Support.psm1"

function Invoke-File([string] $File, [bool] $SkipRun) {
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $File
    $configuration.Run.PassThru = $true
    $configuration.Run.SkipRun = $SkipRun
    $configuration.Filter.FullName = $Filter
    $configuration.Output.Verbosity = 'Detailed'
    $configuration.Output.CIFormat = 'None'
    Invoke-Pester -Configuration $configuration
}

# What is told of an error: its words, and where it was.
function Get-Reason($Records) {
    $texts = foreach ($record in $Records) {
        $text = $record.ToString().Trim() -replace '^is skipped, because '
        $line = $record.ScriptStackTrace -split "`n" | Where-Object { $_ -match '\.Tests\.ps1: line \d+' } | Select-Object -First 1
        $line -and $record.FullyQualifiedErrorId -ne 'PesterTestSkipped' ? "$text ($($line.Trim()))" : $text
    }

    @($texts) -join '; '
}

function Get-Outcome($Run) {
    foreach ($test in $Run.Tests) {
        # NotRun: the filter left it out.
        if ($test.Result -eq 'NotRun') { continue }
        $why = Get-Reason $test.ErrorRecord
        for ($block = $test.Block; $test.Result -eq 'Failed' -and -not $why -and $block; $block = $block.Parent) { $why = Get-Reason $block.ErrorRecord }
        $outcome = switch ($test.Result) { 'Passed' { 'Passed' } 'Skipped' { 'Skipped' } default { 'Failed' } }
        if ($outcome -eq 'Skipped' -and -not $why) { $outcome, $why = 'Failed', 'It was skipped without a reason.' }
        [ordered]@{ name = $test.ExpandedPath; outcome = $outcome; reason = $why }
    }

    # What fails beside the tests: a file that can't be read, an AfterAll that goes wrong when all tests have passed.
    foreach ($container in $Run.FailedContainers) {
        [ordered]@{ name = [IO.Path]::GetFileName($container.Item); outcome = 'Failed'; reason = Get-Reason $container.ErrorRecord }
    }

    foreach ($block in $Run.FailedBlocks) {
        if (-not ($block.Tests | Where-Object Result -EQ 'Failed')) {
            [ordered]@{ name = "$($block.ExpandedPath) (its setup or teardown)"; outcome = 'Failed'; reason = Get-Reason $block.ErrorRecord }
        }
    }
}

if ($Discover) {
    $found = (Invoke-File $Discover $true).Tests | ForEach-Object { ConvertTo-Json @{ name = $_.Path -join '.' } -Compress }
    [IO.File]::WriteAllLines($ResultFile, [string[]]@($found))
    exit 0
}

while ($true) {
    $task = [IO.Directory]::GetFiles($Queue, '*.task') | Sort-Object | Select-Object -First 1
    if (-not $task) { exit 0 }
    $claim = $task -replace 'task$', "running-$Id"
    try { [IO.File]::Move($task, $claim) } catch [IO.IOException] { continue }

    # Folders of each file's own: which dumps run on a host is told by its state folder, and two files run at a time.
    $env:XDG_DATA_HOME = $task -replace '\.task$', '-data'
    $env:XDG_STATE_HOME = $task -replace '\.task$', '-state'
    $null = [IO.Directory]::CreateDirectory($env:XDG_DATA_HOME), [IO.Directory]::CreateDirectory($env:XDG_STATE_HOME)
    $file = [IO.File]::ReadAllText($claim)
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $tests = @(Get-Outcome (Invoke-File $file $false))
    $done = $task -replace 'task$', 'done'
    [IO.File]::WriteAllText("$done.new", (ConvertTo-Json @{ file = $file; seconds = $watch.Elapsed.TotalSeconds; tests = $tests } -Depth 4))
    [IO.File]::Move("$done.new", $done)
    [IO.File]::Delete($claim)
}
