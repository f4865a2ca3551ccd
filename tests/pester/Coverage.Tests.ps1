#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Every cmdlet, parameter and parameter set is used by some test of this folder: read from what the tests' code calls, so
# that a comment, a text, or a hashtable that is never splatted doesn't count.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/Support.psm1"
    $cmdlets = (Get-Command -Module VmStats.PowerShell).Name
}

BeforeAll {
    Import-Module "$PSScriptRoot/Support.psm1"

    # -WhatIf and -Confirm are a cmdlet's own doing, and count as its parameters.
    $common = [Management.Automation.PSCmdlet]::CommonParameters

    $known = @{}
    foreach ($cmdlet in Get-Command -Module VmStats.PowerShell) { $known[$cmdlet.Name] = $cmdlet }

    # The block of the test that a piece of code stands in, or nothing: a setup asserts nothing.
    function Get-TestBlock([Management.Automation.Language.Ast] $Ast) {
        for ($at = $Ast; $at; $at = $at.Parent) {
            if ($at -is [Management.Automation.Language.CommandAst] -and $at -ne $Ast -and $at.GetCommandName() -eq 'It') { return $at }
        }
    }

    # The keys of the literal hashtable that a variable of the test was given.
    function Get-SplattedKeys([Management.Automation.Language.Ast] $Test, [string] $Name) {
        $assigned = $Test.FindAll({ param($ast) $ast -is [Management.Automation.Language.AssignmentStatementAst] -and "$($ast.Left)" -eq "`$$Name" }, $true)
        foreach ($assignment in $assigned) {
            $table = $assignment.Right.Find({ param($ast) $ast -is [Management.Automation.Language.HashtableAst] }, $false)
            if ($table) { $table.KeyValuePairs | ForEach-Object { $_.Item1.SafeGetValue() } }
        }
    }

    # Each call of a cmdlet of the module in a test: the cmdlet and the parameters that it names.
    function Get-Call([Management.Automation.Language.Ast] $Ast) {
        foreach ($call in $Ast.FindAll({ param($ast) $ast -is [Management.Automation.Language.CommandAst] }, $true)) {
            $cmdlet = $known["$($call.GetCommandName())"]
            $test = $cmdlet ? (Get-TestBlock $call) : $null
            if (-not $test) { continue }
            $names = foreach ($element in $call.CommandElements | Select-Object -Skip 1) {
                if ($element -is [Management.Automation.Language.CommandParameterAst]) { $element.ParameterName }
                elseif ($element -is [Management.Automation.Language.VariableExpressionAst] -and $element.Splatted) { Get-SplattedKeys $test $element.VariablePath.UserPath }
            }

            $parameters = foreach ($name in $names) {
                $cmdlet.Parameters.Values | Where-Object { $_.Name -eq $name -or $_.Aliases -contains $name } | ForEach-Object Name
            }

            [pscustomobject]@{ Cmdlet = $cmdlet.Name; Parameters = @($parameters) }
        }
    }

    $calls = foreach ($file in Get-ChildItem $PSScriptRoot -Filter *.Tests.ps1 | Where-Object Name -NE 'Coverage.Tests.ps1') {
        Get-Call ([Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$null, [ref]$null))
    }
}

Describe 'The tests' {
    It 'call <_> with each of its parameters' -ForEach $cmdlets {
        $name = $_
        $mine = @($calls | Where-Object Cmdlet -EQ $name)
        $mine.Count | Should -BeGreaterThan 0
        $used = @($mine.Parameters)
        (Get-Command $name).Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin $used } | Should -BeNullOrEmpty
    }

    It 'call <_> in each of its parameter sets' -ForEach $cmdlets {
        $name = $_
        foreach ($set in (Get-Command $name).ParameterSets) {
            $others = @((Get-Command $name).ParameterSets.Parameters.Name | Select-Object -Unique | Where-Object { $_ -notin $set.Parameters.Name })
            $mandatory = @($set.Parameters | Where-Object { $_.IsMandatory -and $_.Position -lt 0 } | ForEach-Object Name)
            $calls | Where-Object {
                $used = $_.Parameters
                $_.Cmdlet -eq $name -and -not ($used | Where-Object { $_ -in $others }) -and -not ($mandatory | Where-Object { $_ -notin $used })
            } | Should -Not -BeNullOrEmpty -Because $set.Name
        }
    }
}

Describe 'What counts as a call' {
    BeforeAll {
        function Read-Call([string] $Text) { @(Get-Call ([Management.Automation.Language.Parser]::ParseInput($Text, [ref]$null, [ref]$null))) }
    }

    It 'is a parameter that is named, by its alias too' {
        $call = Read-Call "It 'x' { Get-VmTelemetry -Start 2h -End:1h }"
        $call.Cmdlet | Should -Be 'Get-VmTelemetry'
        $call.Parameters | Should -Be 'Start', 'Finish'
    }

    It 'is a hashtable that is splatted, in the test that splats it' {
        (Read-Call "It 'x' { `$a = @{ Last = '1h'; Metric = 'x' }; Get-VmTelemetry @a }").Parameters | Should -Be 'Last', 'Metric'
        (Read-Call "It 'x' { `$a = @{ Last = '1h' }; Get-VmTelemetry -Device }").Parameters | Should -Be 'Device'
        (Read-Call "`$a = @{ Last = '1h' }; It 'x' { Get-VmTelemetry @a }").Parameters | Should -BeNullOrEmpty
    }

    It 'is no comment, no text, no other command, and nothing outside a test' {
        Read-Call "It 'x' { # Get-VmTelemetry -Last 1h`n }" | Should -BeNullOrEmpty
        Read-Call "It 'x' { 'Get-VmTelemetry -Last 1h' }" | Should -BeNullOrEmpty
        Read-Call "It 'x' { Get-Date -Format o }" | Should -BeNullOrEmpty
        Read-Call "BeforeAll { Get-VmTelemetry -Last 1h }" | Should -BeNullOrEmpty
    }
}
