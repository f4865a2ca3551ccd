using VmStats.Fixtures;

namespace VmStats.PowerShell.Tests.Shell;

/// <summary>The prompt, on a pseudo-terminal.</summary>
public class TerminalTests
{
    private const string CtrlC = "\u0003";
    private const string CtrlD = "\u0004";
    private const string Up = "\u001b[A";
    private const string Prompt = "PS /> ";

    [SkippableFact]
    public void Prompts_runs_completes_remembers_and_leaves()
    {
        using ShellProcess shell = Start();
        shell.Type("40 + 2\r");
        shell.Expect("\n42");
        shell.Expect(Prompt);

        shell.Type("Get-Mod\t -ListAv\t");
        shell.Expect("Get-Module -ListAvailable");
        shell.Type(CtrlC);
        shell.Expect(Prompt);

        shell.Type($"{Up}\r");
        shell.Expect("\n42");
        shell.Expect(Prompt);
        shell.Type(CtrlD);
        Assert.Equal(0, shell.WaitForExit());
    }

    [SkippableFact]
    public void Enter_typed_ahead_is_enter_though_the_terminal_made_a_line_feed_of_it()
    {
        using ShellProcess shell = Start();
        shell.Type("40 + 2\n");
        shell.Expect("\n42");
        shell.Type("exit 3\n");
        Assert.Equal(3, shell.WaitForExit());
    }

    [SkippableFact]
    public void A_statement_goes_on_over_lines_and_exit_gives_its_code()
    {
        using ShellProcess shell = Start();
        shell.Type("if ($true) {\r");
        shell.Expect(">> ");
        shell.Type("'de' + 'ep'\r");
        shell.Expect("\n");
        shell.Type("}\r");
        shell.Expect("\ndeep");
        shell.Expect(Prompt);
        shell.Type("exit 5\r");
        Assert.Equal(5, shell.WaitForExit());
    }

    [SkippableFact]
    public void Ctrl_c_stops_one_pipeline_after_another()
    {
        using ShellProcess shell = Start();
        foreach (string name in new[] { "one", "two" })
        {
            shell.Type($"try {{ '{name}-' + 'on'; while ($true) {{ }} }} finally {{ [Console]::WriteLine('{name}-' + 'off') }}\r");
            shell.Expect($"{name}-on");
            shell.Type(CtrlC);
            shell.Expect($"{name}-off");
            shell.Expect(Prompt);
        }

        shell.Type("exit\r");
        Assert.Equal(0, shell.WaitForExit());
    }

    private static ShellProcess Start()
    {
        Part.Require(!OperatingSystem.IsLinux() || Part.Find("script") is null ? "script (of util-linux) is not here to make a terminal." : null);
        ShellProcess shell = ShellProcess.StartOnTerminal();
        shell.Expect(Prompt);
        return shell;
    }
}
