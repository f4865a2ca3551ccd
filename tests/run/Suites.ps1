# Runs the suites at the same time, tells how far they are, and counts what they did test by test.

$results = [IO.Path]::Combine($Root, 'TestResults')

function Get-XunitSuite([string] $Project) {
    $file = [IO.Path]::Combine($results, "$Project.trx")
    @{
        Name      = $Project
        File      = $file
        Program   = 'dotnet'
        Arguments = @(
            'test', [IO.Path]::Combine($Root, 'tests', $Project, 'bin', $Configuration, 'net10.0', "$Project.dll")
            '--logger', "trx;LogFileName=$Project.trx", '--logger', 'console;verbosity=normal', '--results-directory', $results)
        # A line of the console's log tells of one test.
        Pattern   = '^\s+(Passed|Failed|Skipped) (\S.*?)( \[.*\])?$'
        Read      = ${function:Read-Trx}
    }
}

function Get-PesterSuite {
    $file = [IO.Path]::Combine($results, 'pester.jsonl')
    $folder = [IO.Path]::Combine($Root, 'tests', 'pester')
    @{
        Name      = 'Pester'
        File      = $file
        Program   = [IO.File]::ReadAllText([IO.Path]::Combine($folder, 'obj', 'pwsh')).Trim()
        Arguments = @('-NoProfile', '-NonInteractive', '-File', [IO.Path]::Combine($folder, 'Invoke-Suite.ps1'), '-ResultFile', $file)
        Read      = ${function:Read-JsonLines}
    }
}

function Read-Trx([string] $File) {
    $trx = [Xml.XmlDocument]::new()
    $trx.Load($File)
    foreach ($result in $trx.GetElementsByTagName('UnitTestResult')) {
        $message = $result.GetElementsByTagName('Message')
        $outcome = $result.GetAttribute('outcome')
        [pscustomobject]@{
            Name    = $result.GetAttribute('testName')
            Outcome = if ($outcome -in 'Passed', 'Failed') { $outcome } else { 'Skipped' }
            Reason  = if ($message.Count -gt 0) { $message.Item(0).InnerText } else { '' }
        }
    }
}

# The suite appends whole lines; the last may still be on its way.
function Read-JsonLines([string] $File) {
    foreach ($line in [IO.File]::ReadAllLines($File)) {
        if ($line.EndsWith('}')) {
            $test = $line | ConvertFrom-Json
            [pscustomobject]@{ Name = $test.name; Outcome = $test.outcome; Reason = "$($test.reason)" }
        }
    }
}

function Start-Suite([hashtable] $Suite) {
    [IO.File]::Delete($Suite.File)
    # The shell's program looks for .NET where that is usually installed; the one in use need not be there.
    $dotnet = [Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    $environment = if ([IO.Path]::GetFileNameWithoutExtension($dotnet) -eq 'dotnet') { @{ DOTNET_ROOT = [IO.Path]::GetDirectoryName($dotnet) } } else { @{} }
    $Suite.Watched = Start-Watched $Suite.Program $Suite.Arguments $environment
    $Suite.Log = [IO.StreamWriter]::new([IO.Path]::Combine($results, "$($Suite.Name).log"))
    $Suite.Log.AutoFlush = $true
    $Suite.Counts = @{ Passed = 0; Failed = 0; Skipped = 0 }
    $Suite.Ended = $false
}

# Takes in what a suite has said and done since the last look.
function Update-Suite([hashtable] $Suite) {
    $hasExited = $Suite.Watched.Process.HasExited
    foreach ($line in Read-Watched $Suite.Watched -ToEnd:$hasExited) {
        $Suite.Log.WriteLine($line)
        if ($Suite.Pattern -and $line -match $Suite.Pattern) {
            $Suite.Counts[$Matches[1]]++
            if ($Matches[1] -eq 'Failed') { Say "FAILED  $($Matches[2])" }
        }
    }

    if (-not $Suite.Pattern -and [IO.File]::Exists($Suite.File)) {
        $tests = @(Read-JsonLines $Suite.File)
        foreach ($outcome in 'Passed', 'Failed', 'Skipped') { $Suite.Counts[$outcome] = @($tests | Where-Object Outcome -EQ $outcome).Count }
    }

    if ($hasExited) {
        $Suite.Ended = $true
        Say "$(Format-Suite $Suite): done in $(Format-Span $Suite.Watched.Clock.Elapsed)"
    }
}

function Format-Suite([hashtable] $Suite) {
    $failed = if ($Suite.Counts.Failed) { ", $($Suite.Counts.Failed) failed" }
    "$($Suite.Name) $($Suite.Counts.Passed) passed$failed"
}

# Runs suites to their end and puts out every test.
function Invoke-Suites([hashtable[]] $Suites) {
    $null = [IO.Directory]::CreateDirectory($results)
    [IO.File]::Delete([IO.Path]::Combine($results, 'summary.txt'))
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $next = $quiet
    try {
        foreach ($suite in $Suites) { Start-Suite $suite }
        while ($running = @($Suites | Where-Object { -not $_.Ended })) {
            Start-Sleep -Milliseconds 250
            foreach ($suite in $running) { Update-Suite $suite }
            if ($clock.Elapsed -gt $next) {
                $states = @($running | Where-Object { -not $_.Ended } | ForEach-Object { Format-Suite $_ })
                if ($states) { Say "    $(Format-Span $clock.Elapsed)  $($states -join '; ')" }
                $next = $clock.Elapsed + $quiet
            }
        }
    }
    finally {
        foreach ($suite in $Suites) {
            if ($suite.Watched) { Stop-Watched $suite.Watched }
            if ($suite.Log) { $suite.Log.Dispose() }
        }
    }

    foreach ($suite in $Suites) { Get-Tests $suite }
}

# The tests of a suite that has ended. One that broke off has failed, whatever it had counted until then.
function Get-Tests([hashtable] $Suite) {
    $log = [IO.Path]::Combine($results, "$($Suite.Name).log")
    $tests = @(if ([IO.File]::Exists($Suite.File)) { & $Suite.Read $Suite.File })
    $tests
    $code = $Suite.Watched.Process.ExitCode
    if ($tests.Count -eq 0 -or ($code -ne 0 -and -not ($tests | Where-Object Outcome -EQ 'Failed'))) {
        $end = ([IO.File]::ReadAllLines($log) | Where-Object { $_.Trim() } | Select-Object -Last 8) -join "`n"
        [pscustomobject]@{ Name = $Suite.Name; Outcome = 'Failed'; Reason = "The suite ended with $code and $($tests.Count) results.`n$end" }
    }
}

# The last line is for people and for programs: N passed, N failed, N skipped.
function Show-Summary([object[]] $Tests) {
    $failed = @($Tests | Where-Object Outcome -EQ 'Failed')
    $skipped = @($Tests | Where-Object Outcome -EQ 'Skipped')
    $passed = $Tests.Count - $failed.Count - $skipped.Count
    if ($failed) { Say '' }
    foreach ($test in $failed) {
        Say "FAILED  $($test.Name)"
        foreach ($line in $test.Reason.Split("`n") | Select-Object -First 12) { Say "        $($line.TrimEnd())" }
    }

    if ($skipped) {
        Say "`nSkipped, and why:"
        foreach ($reason in $skipped | Group-Object Reason | Sort-Object Name) { Say ('{0,8}  {1}' -f $reason.Count, $reason.Name) }
        if (-not $env:VMSTATS_INSTALL_PARTS) { Say 'The parts that are missing come with -InstallParts.' }
    }

    $summary = "$passed passed, $($failed.Count) failed, $($skipped.Count) skipped"
    [IO.File]::WriteAllText([IO.Path]::Combine($results, 'summary.txt'), "$summary`n")
    Say $summary
    if ($failed -or $passed -eq 0) { exit 1 }
}
