#Requires -Version 7.4
# Rows of 31 columns from a loopback server into the pipeline of the real shell: Invoke-RestMethod beside Get-VmTelemetry.
# Build first: dotnet build -c Release tests/VmStats.Benchmarks; dotnet build -c Release src/VmStats.PowerShell
param([int] $PeerRows = 20000, [int] $Rows = 300000, [int] $Runs = 5)

Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../out/VmStats.PowerShell"))
$start = [Diagnostics.ProcessStartInfo]::new("$PSScriptRoot/bin/Release/net10.0/VmStats.Benchmarks", 'sink-server')
$start.RedirectStandardOutput = $start.RedirectStandardInput = $true
$server = [Diagnostics.Process]::Start($start)
try {
    $url = "http://127.0.0.1:$($server.StandardOutput.ReadLine())"
    $body = @{ db = "rows$PeerRows"; q = 'SELECT * FROM vm_totals'; format = 'json' } | ConvertTo-Json
    $connection = Connect-VmStats $url "rows$Rows" -Api V3 -NoProbe -PassThru
    $ways = [ordered]@{
        'Invoke-RestMethod' = $PeerRows, { Invoke-RestMethod "$url/api/v3/query_sql" -Method Post -Body $body -ContentType application/json | ForEach-Object { $_ } > $null }
        'Get-VmTelemetry'   = $Rows, { Get-VmTelemetry -Start 2026-01-01 -Finish 2026-12-31 -Connection $connection -WarningAction Ignore > $null }
    }
    $best = foreach ($way in $ways.Keys) {
        $count, $script = $ways[$way]
        $seconds = 1..$Runs | ForEach-Object { (Measure-Command $script).TotalSeconds } | Sort-Object
        [pscustomobject]@{ Way = $way; Rows = $count; Fastest = [math]::Round($count / $seconds[0]); Median = [math]::Round($count / $seconds[[int][math]::Floor($Runs / 2)]) }
    }
    $best | Format-Table
    "times: {0:F1} by the fastest, {1:F1} by the median" -f ($best[1].Fastest / $best[0].Fastest), ($best[1].Median / $best[0].Median)
}
finally {
    $server.StandardInput.Close()
}
