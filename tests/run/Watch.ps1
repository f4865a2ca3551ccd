# Programs that run for minutes, watched: their output is read as it comes, and somebody who waits is told every few seconds.

$quiet = [TimeSpan]::FromSeconds(8)

function Say([string] $Text) { [Console]::Out.WriteLine($Text) }

function Format-Span([TimeSpan] $Span) { '{0}:{1:00}' -f [int][Math]::Floor($Span.TotalMinutes), $Span.Seconds }

# Starts a program with nothing to read. Read-Watched gives its lines, those of both streams.
function Start-Watched([string] $Program, [string[]] $Arguments, [hashtable] $Environment = @{}) {
    $start = [Diagnostics.ProcessStartInfo]::new($Program)
    foreach ($argument in $Arguments) { $start.ArgumentList.Add($argument) }
    foreach ($name in $Environment.Keys) { $start.Environment[$name] = $Environment[$name] }
    $start.WorkingDirectory = $Root
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $process.StandardInput.Close()
    $readers = foreach ($stream in $process.StandardOutput, $process.StandardError) {
        [pscustomobject]@{ Stream = $stream; Next = $stream.ReadLineAsync() }
    }

    [pscustomobject]@{ Process = $process; Readers = $readers; Clock = [Diagnostics.Stopwatch]::StartNew() }
}

# The lines that have come since the last look; at the end of the process all that is still to come.
function Read-Watched($Watched, [switch] $ToEnd) {
    # Something that the program left running may hold the stream open: the rest is waited for, but not for ever.
    $wait = if ($ToEnd) { 2000 } else { 0 }
    foreach ($reader in $Watched.Readers) {
        while ($reader.Next -and $reader.Next.Wait($wait)) {
            $line = $reader.Next.Result
            $reader.Next = if ($null -ne $line) { $reader.Stream.ReadLineAsync() }
            if ($null -ne $line) { $line }
        }
    }
}

function Stop-Watched($Watched) {
    if (-not $Watched.Process.HasExited) { $Watched.Process.Kill($true) }
}

# Runs a program to its end; its lines are shown when it fails.
function Invoke-Watched([string] $What, [string] $Program, [string[]] $Arguments) {
    $watched = Start-Watched $Program $Arguments
    $lines = [Collections.Generic.List[string]]::new()
    $next = $quiet
    try {
        while (-not $watched.Process.WaitForExit(200)) {
            foreach ($line in Read-Watched $watched) { $lines.Add($line) }
            if ($watched.Clock.Elapsed -gt $next) {
                Say "    $(Format-Span $watched.Clock.Elapsed)  $What"
                $next = $watched.Clock.Elapsed + $quiet
            }
        }

        foreach ($line in Read-Watched $watched -ToEnd) { $lines.Add($line) }
    }
    finally {
        Stop-Watched $watched
    }

    if ($watched.Process.ExitCode -ne 0) {
        foreach ($line in $lines) { Say $line }
        throw "$Program $Arguments ended with $($watched.Process.ExitCode)."
    }
}
