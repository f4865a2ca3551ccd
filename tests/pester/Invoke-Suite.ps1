<#
.SYNOPSIS
    Runs the Pester suite in this shell's program and writes one JSON object a line for each test.
.DESCRIPTION
    The module must have been built into out/VmStats.PowerShell, and Pester be in obj/modules (dotnet build tests/pester)
    or in PSModulePath. Test files are run by two processes of this same program, which take the next file from a queue;
    a file whose process crashes or hangs counts as failed tests. Progress goes to standard output, at least every ten
    seconds. The exit code is 0 unless the suite couldn't be run at all: failed tests are in the results.
.PARAMETER ResultFile
    The file for the results: {"name", "outcome": "Passed|Failed|Skipped", "reason"} a line.
.PARAMETER Path
    Test files, when not all of this folder's are wanted; wildcards are allowed.
.PARAMETER Filter
    Only tests whose full name, as it is written with its <placeholders>, is like this.
.PARAMETER Workers
    Processes at the same time.
.PARAMETER TimeLimitSec
    Longest time for one file.
.EXAMPLE
    Invoke-Suite.ps1 -ResultFile results.jsonl -Path Completion.Tests.ps1 -Filter '*device*'
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $ResultFile,
    [string[]] $Path = "$PSScriptRoot/*.Tests.ps1",
    [string] $Filter = '*',
    [ValidateRange(1, 8)] [int] $Workers = 2,
    [int] $TimeLimitSec = 1800
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
$root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$shell = [Environment]::ProcessPath
$clock = [Diagnostics.Stopwatch]::StartNew()

# What takes longest comes first, so that no process is left alone with it at the end.
$longest = 'Examples', 'Signals', 'Jobs', 'Collector', 'MemoryDumps'

function Say([string] $Text) { [Console]::Out.WriteLine(('{0,5:0} s  {1}' -f $clock.Elapsed.TotalSeconds, $Text)) }

function Build-Parts {
    $project = "$root/tests/fixtures/VmStats.Parts"
    $program = Get-Item "$project/bin/Release/net10.0/VmStats.Parts.dll" -ErrorAction Ignore
    $newer = Get-ChildItem "$root/tests/fixtures" -Recurse -File -Include *.cs, *.csproj, *.mjs |
        Where-Object { $_.FullName -notmatch '/(bin|obj)/' -and ($null -eq $program -or $_.LastWriteTimeUtc -gt $program.LastWriteTimeUtc) }
    if ($newer) {
        $log = "$queue/parts.log"
        $build = Start-Logged $log @{} @('dotnet', 'build', $project, '-c', 'Release', '-v', 'quiet', '-nologo')
        Wait-Saying $build 'building the parts that tests start' 600
        if ($build.ExitCode -ne 0) { throw "The parts don't build: $(Get-Tail $log)" }
        (Get-Item "$project/bin/Release/net10.0/VmStats.Parts.dll").LastWriteTimeUtc = [datetime]::UtcNow
    }
}

# None of the machine's own settings, and folders of the run's own; each file's data and state folders are the worker's affair.
function Get-CleanEnvironment([string] $Folder) {
    $own = @{
        XDG_CONFIG_HOME             = "$Folder/config"
        TMPDIR                      = "$Folder/tmp"
        PSModulePath                = "$PSScriptRoot/obj/modules", $env:PSModulePath -join [IO.Path]::PathSeparator
        POWERSHELL_TELEMETRY_OPTOUT = '1'
        POWERSHELL_UPDATECHECK      = 'Off'
        NO_COLOR                    = '1'
        LC_ALL                      = 'C.UTF-8'
        VMSTATS_PARTS               = $env:VMSTATS_PARTS ? $env:VMSTATS_PARTS : "$HOME/.cache/vmstats-parts"
    }
    foreach ($name in 'config', 'tmp') { $null = [IO.Directory]::CreateDirectory("$Folder/$name") }
    foreach ($variable in Get-ChildItem env:) {
        if ($variable.Name -match '^(INFLUX|LIBVIRT_|MEMDUMP_|BATCH_MAX_|VIR_)|^(DUMP_DIR|POLL_INTERVAL|MAX_PARALLEL_DUMPS|DEVICE_CACHE_TTL)$') {
            $own[$variable.Name] = $null
        }
    }

    $own
}

function Start-Logged([string] $Log, [hashtable] $Environment, [string[]] $Command) {
    # Its standard input is empty: nothing that a test starts can read what isn't meant for it, or wait for it.
    $start = [Diagnostics.ProcessStartInfo]::new('/bin/sh')
    foreach ($argument in @('-c', 'exec "$@" </dev/null >"$0" 2>&1', $Log) + $Command) { $start.ArgumentList.Add($argument) }
    foreach ($name in $Environment.Keys) {
        if ($null -eq $Environment[$name]) { $null = $start.Environment.Remove($name) } else { $start.Environment[$name] = $Environment[$name] }
    }

    [Diagnostics.Process]::Start($start)
}

function Start-Worker([string] $Log, [string[]] $Arguments) {
    Start-Logged $Log $environment (@($shell, '-NoProfile', '-NonInteractive', '-File', "$PSScriptRoot/Invoke-Worker.ps1", '-Queue', $queue, '-Filter', $Filter) + $Arguments)
}

function Wait-Saying([Diagnostics.Process] $Process, [string] $What, [int] $Seconds) {
    $end = $clock.Elapsed.TotalSeconds + $Seconds
    Say $What
    while (-not $Process.WaitForExit(9000)) {
        if ($clock.Elapsed.TotalSeconds -gt $end) { $Process.Kill($true) }
        Say "still $What"
    }
}

function Get-Tail([string] $Log) {
    $lines = @(if ([IO.File]::Exists($Log)) { [IO.File]::ReadAllLines($Log) })
    ($lines | Where-Object { $_.Trim() } | Select-Object -Last 6) -join "`n"
}

# The tests of a file whose process didn't come to its end: each has failed.
function Get-LostTests([string] $File, [string] $Why) {
    $found = "$queue/$([IO.Path]::GetFileNameWithoutExtension($File)).found"
    $finder = Start-Worker "$found.log" @('-Discover', $File, '-ResultFile', $found)
    Wait-Saying $finder "listing the tests of $([IO.Path]::GetFileName($File)), whose process has ended" 300
    $names = @(if ([IO.File]::Exists($found)) { [IO.File]::ReadAllLines($found) | ConvertFrom-Json | ForEach-Object name })
    if ($names.Count -eq 0) { $names = @([IO.Path]::GetFileName($File)) }
    foreach ($name in $names) { [ordered]@{ name = $name; outcome = 'Failed'; reason = $Why } }
}

function Write-Results([string] $File, [object[]] $Results, [double] $Seconds) {
    if ($Results.Count -eq 0) { return }
    $text = @($Results | ForEach-Object { ConvertTo-Json $_ -Compress })
    [IO.File]::AppendAllLines($ResultFile, [string[]]$text)
    $said = foreach ($outcome in 'Passed', 'Failed', 'Skipped') {
        "$(@($Results | Where-Object { $_.outcome -eq $outcome }).Count) $($outcome.ToLowerInvariant())"
    }

    Say ('{0}: {1} ({2:0} s)' -f [IO.Path]::GetFileName($File), ($said -join ', '), $Seconds)
    foreach ($one in $Results | Where-Object { $_.outcome -eq 'Failed' }) { Say "  FAILED $($one.name): $($one.reason)" }
}

if (-not [IO.File]::Exists("$root/out/VmStats.PowerShell/VmStats.PowerShell.psd1")) { throw "The module isn't built: there is no $root/out/VmStats.PowerShell." }
$ResultFile = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($ResultFile)
[IO.File]::WriteAllText($ResultFile, '')
$files = @(foreach ($one in $Path) {
    $there = @((Test-Path $one) ? (Get-Item $one) : (Get-Item "$PSScriptRoot/$one" -ErrorAction Ignore))
    if ($there.Count -eq 0) { throw "There is no test file $one." }
    $there
}) | Sort-Object { $at = [array]::IndexOf($longest, ($_.Name -replace '\.Tests\.ps1$')); $at -lt 0 ? $longest.Count : $at }, Name -Unique

$Workers = [Math]::Min($Workers, @($files).Count)
$queue = [IO.Directory]::CreateTempSubdirectory('vmstats-pester-').FullName
$environment = Get-CleanEnvironment $queue
$number = 0
foreach ($file in $files) { [IO.File]::WriteAllText(('{0}/{1:000}.task' -f $queue, $number++), $file.FullName) }
Say "$(@($files).Count) test files, $Workers at a time"

# Worker -> its process, its log; a file that it has claimed is NNN.running-WORKER, one that it has done NNN.done.
$running = @{}
$started = @{}
$said = $clock.Elapsed
$nextWorker = 0
$seen = 0
try {
    Build-Parts
    while ($true) {
        while ($running.Count -lt $Workers -and [IO.Directory]::GetFiles($queue, '*.task').Count -gt 0) {
            # A worker takes a file or ends: more of them than files and places would be a fault of this script.
            $nextWorker++
            if ($nextWorker -gt @($files).Count + $Workers) { throw 'Test processes end without working.' }
            $id = "w$nextWorker"
            $log = "$queue/$id.log"
            $running[$id] = @{ Log = $log; Process = Start-Worker $log @('-Id', $id) }
            Start-Sleep -Milliseconds 100
        }

        foreach ($done in [IO.Directory]::GetFiles($queue, '*.done')) {
            $result = [IO.File]::ReadAllText($done) | ConvertFrom-Json
            Write-Results $result.file @($result.tests) $result.seconds
            $seen += @($result.tests).Count
            [IO.File]::Delete($done)
            $said = $clock.Elapsed
        }

        foreach ($id in @($running.Keys)) {
            $worker = $running[$id]
            $hasEnded = $worker.Process.HasExited
            $claim = [IO.Directory]::GetFiles($queue, "*.running-$id") | Select-Object -First 1
            if ($claim -and -not $started.ContainsKey($claim)) { $started[$claim] = $clock.Elapsed }
            $spent = $claim ? ($clock.Elapsed - $started[$claim]).TotalSeconds : 0
            if ($claim -and ($hasEnded -or $spent -gt $TimeLimitSec)) {
                if (-not $hasEnded) { $worker.Process.Kill($true) }
                $worker.Process.WaitForExit()
                $file = [IO.File]::ReadAllText($claim)
                [IO.File]::Delete($claim)
                $why = $hasEnded ? "its process ended with $($worker.Process.ExitCode)" : "it was given up after $TimeLimitSec s"
                $lost = @(Get-LostTests $file "$([IO.Path]::GetFileName($file)): $why. $(Get-Tail $worker.Log)")
                Write-Results $file $lost $spent
                $seen += $lost.Count
                $said = $clock.Elapsed
                $hasEnded = $true
            }

            if ($hasEnded -and -not $claim -and [IO.Directory]::GetFiles($queue, '*.task').Count -gt 0 -and $worker.Process.ExitCode -ne 0) {
                throw "A test process couldn't work: $(Get-Tail $worker.Log)"
            }

            if ($hasEnded) { $running.Remove($id) }
        }

        if ($running.Count -eq 0 -and [IO.Directory]::GetFiles($queue).Where{ $_ -match '\.(task|done)$' }.Count -eq 0) { break }
        if (($clock.Elapsed - $said).TotalSeconds -ge 9) {
            $busy = foreach ($claim in [IO.Directory]::GetFiles($queue, '*.running-*')) { [IO.Path]::GetFileNameWithoutExtension([IO.File]::ReadAllText($claim)) }
            $tests = @([IO.Directory]::GetFiles($queue, 'w*.log') | ForEach-Object { [IO.File]::ReadAllLines($_) -match '^\s*\[[-+!?]\] ' }).Count
            Say "running $($busy ? $busy -join ' and ' : 'up'); $tests tests done"
            $said = $clock.Elapsed
        }

        Start-Sleep -Milliseconds 200
    }
}
finally {
    foreach ($worker in $running.Values) {
        if (-not $worker.Process.HasExited) { $worker.Process.Kill($true) }
    }

    Remove-Item $queue -Recurse -Force -ErrorAction Ignore
}

Say "$seen tests in all"
if ($seen -eq 0) { throw 'No test was found.' }
exit 0
