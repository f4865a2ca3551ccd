# What the tests share: the module, a store with an hour of a simulated fleet in it, the parts that are other programs, and
# child shells that can be given input, environment and signals.

$script:Root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$script:Parts = "$Root/tests/fixtures/VmStats.Parts/bin/Release/net10.0/VmStats.Parts"

# The module that a plain build leaves behind.
$script:ModuleManifest = "$Root/out/VmStats.PowerShell/VmStats.PowerShell.psd1"

# Eight VMs whose clock starts an hour ago and runs 600 times too fast until it has caught up. See New-FleetStore.
$script:Fleet = 'sim://fleet?vms=8&seed=3&history=1h&speed=600&mem=0.125'

# How many stores have been filled.
$script:Fleets = 0

# The same fleet without a past: for dumps.
$script:LiveFleet = 'sim://live?vms=8&seed=3&mem=0.125'

Import-Module $ModuleManifest -Global
Export-ModuleMember -Variable Root, ModuleManifest, Fleet, LiveFleet

function Get-ErrorId {
    <# The ids of the errors that a script ends with or writes, without the cmdlet's name. #>
    param([Parameter(Mandatory)] [scriptblock] $Script)

    # Several errors may be expected, and the first must not end the script.
    $before = $global:ErrorActionPreference
    $global:ErrorActionPreference = 'Continue'
    $records = @(try { & $Script 2>&1 } catch { $_ } finally { $global:ErrorActionPreference = $before }) | Where-Object { $_ -is [Management.Automation.ErrorRecord] }
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
    <#
    Connects this session to a new embedded store and collects the first half of the fleet's hour into it. The fleet has a name
    of its own: a session keeps its hypervisors, and the clock of one that another test file has used has caught up already.
    #>
    param([Parameter(Mandatory)] [string] $Path, [int] $Polls = 180)

    $script:Fleets++
    Connect-VmStats -Path $Path -HypervisorUri ($Fleet -replace '^sim://fleet', "sim://fleet$Fleets")
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
        ClientCertificate    = $said.PSObject.Properties['clientCertificate'] ? $said.clientCertificate : $null
        ClientPassword       = $said.PSObject.Properties['clientPassword'] ? $said.clientPassword : $null
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

function Send-Lines {
    <# Writes line protocol by the server's own HTTP API, as other writers do; its database is made where it must be. #>
    param([Parameter(Mandatory)] $Part, [Parameter(Mandatory)] [string] $Database, [Parameter(Mandatory)] [string[]] $Line)

    $body = [Text.Encoding]::UTF8.GetBytes($Line -join "`n")
    if ($Part.Kind -eq 'influxdb3') {
        $headers = $Part.Token ? @{ Authorization = "Bearer $(ConvertFrom-SecureString $Part.Token -AsPlainText)" } : @{}
        $null = Invoke-RestMethod "$($Part.Url)/api/v3/write_lp?db=$Database&precision=nanosecond" -Method Post -Body $body -Headers $headers
    }
    else {
        $null = Invoke-RestMethod "$($Part.Url)/query" -Method Post -Body @{ q = "CREATE DATABASE $Database" }
        $null = Invoke-RestMethod "$($Part.Url)/write?db=$Database&precision=ns" -Method Post -Body $body
    }
}

function Write-KnownFleet {
    <#
    Writes ten minutes, a sample each ten seconds, of three VMs whose every value is known; returns the end of the ten minutes,
    which is a whole minute some three minutes ago.
    alpha: two CPUs, 5 % busy in the first minute, 10 % in the second, ... 50 % in the tenth; 1 GiB resident; 1,000 bytes/s
           received; disk vda reads ten times in ten seconds, 2 ms each; NIC vnet0.
    beta:  four CPUs, always 40 % busy; its counters begin anew half-way.
    gamma: off.
    #>
    param([Parameter(Mandatory)] $Part, [Parameter(Mandatory)] [string] $Database)

    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $end = $now - $now % 60 - 180
    $alpha = 'VMID=7,name=alpha,uuid=11111111-1111-1111-1111-111111111111'
    $beta = 'VMID=8,name=beta,uuid=22222222-2222-2222-2222-222222222222'
    $cpu = [long]1000000000
    $lines = for ($i = 0; $i -lt 60; $i++) {
        $time = "$($end - 600 + 10 * $i)000000000"
        $cpu += [long](2 * 10e9 * 0.05 * (1 + [Math]::Floor($i / 6)))
        $busy = [long](4 * 10e9 * 0.4 * ($i % 30 + 1))
        "vm_totals,$alpha cputime=$($cpu)i,cpus=2i,state=1i,memrss=1048576i,net_rxbytes=$(5000 + 10000 * $i)i,host=""kvm1"" $time"
        "vm_totals,$beta cputime=$($busy)i,cpus=4i,state=1i,memrss=2097152i,net_rxbytes=$(7000 * ($i % 30))i,host=""kvm1"" $time"
        "vm_totals,name=gamma,uuid=33333333-3333-3333-3333-333333333333 cpus=1i,state=5i,host=""kvm1"" $time"
        "vm_devices,$alpha,device=vda,devtype=disk rd_req=$(10 * $i)i,rd_bytes=$(40960 * $i)i,rd_times=$(20000000 * $i)i,wr_bytes=$(81920 * $i)i,capacity=1073741824i $time"
        "vm_devices,$alpha,device=vnet0,devtype=nic rxbytes=$(5000 + 10000 * $i)i,txbytes=$(2000 * $i)i $time"
    }

    Send-Lines $Part $Database $lines
    [DateTimeOffset]::FromUnixTimeSeconds($end).LocalDateTime
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
