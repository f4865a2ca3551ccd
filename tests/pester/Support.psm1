# What the tests share: the module, a store with an hour of a simulated fleet in it, the parts that are other programs, and
# child shells that can be given input, environment and signals.

$script:Root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$script:Parts = "$Root/tests/fixtures/VmStats.Parts/bin/Release/net10.0/VmStats.Parts"

# The module that a plain build leaves behind.
$script:ModuleManifest = "$Root/out/VmStats.PowerShell/VmStats.PowerShell.psd1"

# Eight VMs whose clock starts an hour ago and runs 600 times too fast until it has caught up.
$script:Fleet = 'sim://fleet?vms=8&seed=3&history=1h&speed=600&mem=0.125'

# The same fleet without a past: for dumps.
$script:LiveFleet = 'sim://live?vms=8&seed=3&mem=0.125'

Import-Module $ModuleManifest -Global
Export-ModuleMember -Variable Root, ModuleManifest, Fleet, LiveFleet

function Get-ErrorId {
    <# The ids of the errors that a script ends with or writes, without the cmdlet's name. #>
    param([Parameter(Mandatory)] [scriptblock] $Script)

    $records = @(try { & $Script 2>&1 } catch { $_ }) | Where-Object { $_ -is [Management.Automation.ErrorRecord] }
    $records | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] }
}

function Wait-Until {
    <# Polls until the condition holds; an error after the limit. #>
    param([Parameter(Mandatory)] [string] $What, [Parameter(Mandatory)] [scriptblock] $Condition, [int] $TimeoutSec = 60)

    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $TimeoutSec) { throw "It didn't come within $TimeoutSec s: $What" }
        Start-Sleep -Milliseconds 50
    }
}

function New-FleetStore {
    <# Connects this session to a new embedded store and collects the first half of the fleet's hour into it. #>
    param([Parameter(Mandatory)] [string] $Path, [string] $Uri = $Fleet, [int] $Polls = 180)

    Connect-VmStats -Path $Path -HypervisorUri $Uri
    $status = Start-VmTelemetryCollector -Interval 10s -Count $Polls -Wait -ErrorAction Stop
    if ($status.PointsWritten -eq 0) { throw "Nothing was collected: $($status.LastError)" }
}

function Start-TestPart {
    <# Starts a part (see tests/fixtures/VmStats.Parts). Where it can't be had, Absent says why: see Assert-TestPart. #>
    param([Parameter(Mandatory)] [string] $Kind, [string[]] $Option = @())

    $start = [Diagnostics.ProcessStartInfo]::new($Parts)
    foreach ($argument in @($Kind) + $Option) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $line = $process.StandardOutput.ReadLine()
    if (-not $line) { throw "The part $Kind ended with $($process.ExitCode) before it answered." }
    $said = $line | ConvertFrom-Json
    [pscustomobject]@{
        Kind                 = $Kind
        Absent               = $said.PSObject.Properties['absent'] ? $said.absent : $null
        Url                  = "$($said.PSObject.Properties['url'] ? $said.url : '')".TrimEnd('/')
        Token                = $said.PSObject.Properties['token'] -and $said.token ? (ConvertTo-SecureString $said.token -AsPlainText) : $null
        ProcessId            = $said.PSObject.Properties['processId'] ? $said.processId : $null
        CertificateAuthority = $said.PSObject.Properties['certificateAuthority'] ? $said.certificateAuthority : $null
        Process              = $process
    }
}

function Assert-TestPart {
    <# Skips the test, with the reason, where the part can't be had; fails it where all parts are required (CI). #>
    param([Parameter(Mandatory)] $Part)

    if ($Part.Absent -and $env:VMSTATS_REQUIRE_PARTS -eq '1') { throw "A required part is absent: $($Part.Absent)" }
    if ($Part.Absent) { Set-ItResult -Skipped -Because $Part.Absent }
}

function Send-TestPart {
    <# Gives a part a command and returns its answer. #>
    param([Parameter(Mandatory)] $Part, [Parameter(Mandatory)] [string] $Command)

    $Part.Process.StandardInput.WriteLine($Command)
    $Part.Process.StandardInput.Flush()
    $answer = ConvertFrom-Json $Part.Process.StandardOutput.ReadLine() -NoEnumerate
    if ($answer -isnot [array] -and $answer.PSObject.Properties['error']) { throw $answer.error }
    , $answer
}

function Stop-TestPart {
    <# Ends a part, however far it came. #>
    param($Part)

    if ($Part -and -not $Part.Process.HasExited) {
        if ($Part.ProcessId) { Send-Signal CONT $Part.ProcessId }
        $Part.Process.StandardInput.Close()
        if (-not $Part.Process.WaitForExit(15000)) { $Part.Process.Kill($true) }
    }
}

function Send-Signal {
    <# Sends a signal to a process, as a terminal or another program does. #>
    param([Parameter(Mandatory)] [ValidateSet('INT', 'TERM', 'KILL', 'STOP', 'CONT')] [string] $Signal, [Parameter(Mandatory)] [int] $ProcessId)

    & /bin/sh -c 'kill -s "$0" "$1" 2>/dev/null' $Signal $ProcessId
}

function Start-TestShell {
    <# Starts a child shell with the module loaded that runs a script; its arguments reach the script's param block. #>
    param(
        [Parameter(Mandatory)] [scriptblock] $Script,
        [string[]] $ArgumentList = @(),
        [hashtable] $Environment = @{},
        [string] $WorkingDirectory = $PWD.ProviderPath,
        [string] $InputText,
        [switch] $NonInteractive
    )

    $file = [IO.Path]::Combine([IO.Path]::GetTempPath(), "vmstats-child-$([guid]::NewGuid().ToString('N')).ps1")
    $text = "$Script"
    $head = "Import-Module '$ModuleManifest'`n"

    # A param block must come first.
    $ast = $Script.Ast
    [IO.File]::WriteAllText($file, $ast.ParamBlock ? "$($ast.ParamBlock.Extent.Text)`n$head$($text.Replace($ast.ParamBlock.Extent.Text, ''))" : "$head$text")

    # As in a terminal, even where this process ignores SIGINT.
    $start = [Diagnostics.ProcessStartInfo]::new('/usr/bin/env')
    $arguments = @('--default-signal=INT', [Environment]::ProcessPath, '-NoProfile') + @(if ($NonInteractive) { '-NonInteractive' }) + @('-File', $file) + $ArgumentList
    foreach ($argument in $arguments) { $start.ArgumentList.Add($argument) }
    foreach ($name in $Environment.Keys) {
        if ($null -eq $Environment[$name]) { $null = $start.Environment.Remove($name) } else { $start.Environment[$name] = $Environment[$name] }
    }

    $start.WorkingDirectory = $WorkingDirectory
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $shell = [pscustomobject]@{
        Process = $process
        Script  = $file
        Lines   = [Collections.Generic.List[string]]::new()
        Next    = $process.StandardOutput.ReadLineAsync()
        Errors  = $process.StandardError.ReadToEndAsync()
    }
    if ($InputText) { $process.StandardInput.Write($InputText) }
    $process.StandardInput.Close()
    $shell
}

function Wait-ShellOutput {
    <# Waits until a child shell prints a line that is like the text. #>
    param([Parameter(Mandatory)] $Shell, [Parameter(Mandatory)] [string] $Like, [int] $TimeoutSec = 60)

    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not ($Shell.Lines -like $Like)) {
        if (-not $Shell.Next.Wait(100) -and $watch.Elapsed.TotalSeconds -lt $TimeoutSec) { continue }
        $line = $Shell.Next.IsCompleted ? $Shell.Next.Result : $null
        if ($null -eq $line) { throw "'$Like' didn't come. It said: $($Shell.Lines -join "`n") $(Stop-TestShell $Shell)" }
        $Shell.Lines.Add($line)
        $Shell.Next = $Shell.Process.StandardOutput.ReadLineAsync()
    }
}

function Wait-TestShell {
    <# Waits for a child shell's end: Output, Error, ExitCode, and how long it took from now on. #>
    param([Parameter(Mandatory)] $Shell, [int] $TimeoutSec = 60)

    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($watch.Elapsed.TotalSeconds -lt $TimeoutSec -and ($Shell.Next.Wait(100) -or $true)) {
        if (-not $Shell.Next.IsCompleted) { continue }
        if ($null -eq $Shell.Next.Result) { break }
        $Shell.Lines.Add($Shell.Next.Result)
        $Shell.Next = $Shell.Process.StandardOutput.ReadLineAsync()
    }

    if (-not $Shell.Process.WaitForExit([Math]::Max(1000, $TimeoutSec * 1000 - [int]$watch.Elapsed.TotalMilliseconds))) {
        throw "The child shell didn't end within $TimeoutSec s. It said: $($Shell.Lines -join "`n") $(Stop-TestShell $Shell)"
    }

    [IO.File]::Delete($Shell.Script)
    [pscustomobject]@{ Output = $Shell.Lines -join "`n"; Error = $Shell.Errors.Result; ExitCode = $Shell.Process.ExitCode; Seconds = $watch.Elapsed.TotalSeconds }
}

function Stop-TestShell {
    <# Kills a child shell that still runs, and gives what it wrote as errors. #>
    param($Shell)

    if ($Shell) {
        if (-not $Shell.Process.HasExited) { $Shell.Process.Kill($true) }
        if ($Shell.Errors.Wait(5000)) { $Shell.Errors.Result }
        [IO.File]::Delete($Shell.Script)
    }
}

function Invoke-TestShell {
    <# Runs a script in a child shell to its end; takes what Start-TestShell takes. #>
    param([Parameter(Mandatory)] [scriptblock] $Script, [string[]] $ArgumentList = @(), [hashtable] $Environment = @{},
        [string] $WorkingDirectory = $PWD.ProviderPath, [string] $InputText, [switch] $NonInteractive, [int] $TimeoutSec = 60)

    $null = $PSBoundParameters.Remove('TimeoutSec')
    Wait-TestShell (Start-TestShell @PSBoundParameters) -TimeoutSec $TimeoutSec
}

Export-ModuleMember -Function *
