using VmStats.Fixtures;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Shell;

public class ShellTests
{
    [Theory]
    [InlineData("1 + 1", 0, "2\n")]
    [InlineData("exit 7", 7, "")]
    [InlineData("Get-Nothing", 1, "")]
    [InlineData("Get-Nothing; 'after'", 0, "after\n")]
    [InlineData("'before'; throw 'boom'", 1, "before\n")]
    [InlineData("if (", 1, "")]
    public void Command_gives_output_and_exit_code(string command, int code, string output)
    {
        using ShellProcess shell = ShellProcess.Run(["-Command", command]);
        Assert.Equal(code, shell.WaitForExit());
        Assert.Equal(output, shell.Output);
    }

    [Theory]
    [InlineData("-Task Test -Install -Count 3 a b", "Test|True|3|a,b")]
    [InlineData("Demo -Install:$false -Count:4", "Demo|False|4|")]
    [InlineData("-Task: Pack 2 c", "Pack|False|2|c")]
    [InlineData("", "Build|False|0|")]
    public void File_binds_arguments_as_pwsh_does(string arguments, string expected)
    {
        using TempFolder folder = new();
        string script = folder.Write("bind.ps1", """
            param([string]$Task = 'Build', [switch]$Install, [int]$Count, [Parameter(ValueFromRemainingArguments)][string[]]$Rest)
            "$Task|$Install|$Count|$($Rest -join ',')"
            """);
        using ShellProcess shell = ShellProcess.Run(["-File", script, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal("", shell.Error);
        Assert.Equal($"{expected}\n", shell.Output);
    }

    [Theory]
    [InlineData("Get-Nothing; exit 0", 0)]
    [InlineData("exit 9", 9)]
    [InlineData("Get-Nothing", 0)]
    [InlineData("throw 'boom'", 1)]
    [InlineData("& \"$PSScriptRoot/inner.ps1\"; if ($LASTEXITCODE -ne 4) { throw }", 0)]
    [InlineData("if ($PSCommandPath -ne [IO.Path]::Combine($PSScriptRoot, 'outer.ps1')) { exit 8 }", 0)]
    public void File_ends_with_what_exit_said(string text, int code)
    {
        using TempFolder folder = new();
        folder.Write("inner.ps1", "exit 4");
        using ShellProcess shell = ShellProcess.Run(["-File", folder.Write("outer.ps1", text)]);
        Assert.Equal(code, shell.WaitForExit());
    }

    [Fact]
    public void Script_comes_from_standard_input_when_that_is_no_terminal()
    {
        using ShellProcess shell = ShellProcess.Run([], "'from ' + 'input'; exit 3");
        Assert.Equal("from input\n", shell.Output);
        Assert.Equal(3, shell.WaitForExit());
    }

    [Theory]
    [InlineData("-Wrong")]
    [InlineData("-Command")]
    [InlineData("-File", "/no/such/script.ps1")]
    public void Unusable_command_line_is_refused(params string[] arguments)
    {
        using ShellProcess shell = ShellProcess.Run(arguments);
        Assert.Equal(64, shell.WaitForExit());
        Assert.Contains("vmstats-shell: ", shell.Error, StringComparison.Ordinal);
        Assert.Empty(shell.Output);
    }

    [Fact]
    public void Error_names_id_category_and_way_out_on_standard_error()
    {
        using TempFolder folder = new();
        string script = folder.Write("fail.ps1", """
            function Get-It { [CmdletBinding()] param()
                $record = [System.Management.Automation.ErrorRecord]::new([Exception]::new('No VM is named x.'), 'VmNotFound', 'ObjectNotFound', 'x')
                $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new('No VM is named x.')
                $record.ErrorDetails.RecommendedAction = 'List them with Get-MonitoredVm.'
                $PSCmdlet.WriteError($record) }
            Get-It
            """);
        using ShellProcess shell = ShellProcess.Run(["-File", script]);
        Assert.Empty(shell.Output);
        Assert.Contains("Get-It: No VM is named x.", shell.Error, StringComparison.Ordinal);
        Assert.Contains("VmNotFound,Get-It (ObjectNotFound)", shell.Error, StringComparison.Ordinal);
        Assert.Contains("try List them with Get-MonitoredVm.", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_go_to_standard_error_without_escapes()
    {
        using ShellProcess shell = ShellProcess.Run(["-Command", """
            function Send { [CmdletBinding()] param()
                $PSCmdlet.WriteWarning('w'); $PSCmdlet.WriteVerbose('v')
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(0, 'act', 'status')) }
            Send -Verbose; [pscustomobject]@{ Name = 'web1' }; [pscustomobject]@{ Name = 'web2' }
            """]);
        Assert.Equal("WARNING: w\nVERBOSE: v\n", shell.Error);
        Assert.Equal("\nName\n----\nweb1\nweb2\n\n", shell.Output);
    }

    [Theory]
    [InlineData("y\n", "True\n", "")]
    [InlineData("n\n", "False\n", "")]
    [InlineData("", "", "nobody to answer")]
    public void Confirmation_is_asked_and_never_taken_for_granted(string answer, string output, string error)
    {
        using ShellProcess shell = ShellProcess.Run(
            ["-Command", "function Remove-It { [CmdletBinding(SupportsShouldProcess)] param() $PSCmdlet.ShouldProcess('vm1') }; Remove-It -Confirm"],
            answer);
        Assert.Contains("target \"vm1\"", shell.Output, StringComparison.Ordinal);
        Assert.EndsWith($"(default is \"Y\"): {output}", shell.Output.EndsWith('\n') && output == "" ? shell.Output[..^1] : shell.Output, StringComparison.Ordinal);
        Assert.Contains(error, shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Module_is_imported_by_the_path_of_its_manifest()
    {
        using TempFolder folder = new();
        folder.Write("Tiny.psm1", "function Get-Tiny { 'tiny' }");
        string manifest = folder.Write("Tiny.psd1", "@{ RootModule = 'Tiny.psm1'; ModuleVersion = '1.0'; FunctionsToExport = 'Get-Tiny' }");
        using ShellProcess shell = ShellProcess.Run(["-Command", $"Import-Module '{manifest}'; Get-Tiny"]);
        Assert.Equal("", shell.Error);
        Assert.Equal("tiny\n", shell.Output);
    }

    [SkippableFact]
    public void Interrupt_stops_the_pipeline_and_lets_it_clean_up()
    {
        Part.Require(OperatingSystem.IsLinux() ? null : "Signals are sent on Linux only.");
        using ShellProcess shell = ShellProcess.StartInterruptible(
            "-Command", "try { 'started'; while ($true) { [Threading.Thread]::Sleep(20) } } finally { [Console]::WriteLine('cleaned') }; 'not here'");
        shell.Expect("started");
        shell.Interrupt();
        Assert.Equal(130, shell.WaitForExit());
        Assert.Equal("started\ncleaned\n", shell.Output);
    }
}
