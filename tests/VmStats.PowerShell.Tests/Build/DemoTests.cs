using VmStats.Fixtures;
using VmStats.PowerShell.Tests.Hosting;
using VmStats.PowerShell.Tests.Shell;

namespace VmStats.PowerShell.Tests.Build;

/// <summary>The README's first line: the demo, on a terminal and without one.</summary>
public sealed class DemoTests : IDisposable
{
    private const string Prompt = "PS /> ";

    private readonly TempFolder _folder = new();

    private Dictionary<string, string> Variables => new()
    {
        ["TMPDIR"] = _folder.Path,
        ["XDG_DATA_HOME"] = Path.Combine(_folder.Path, "home"),
        ["XDG_STATE_HOME"] = Path.Combine(_folder.Path, "home"),
    };

    private static string Demo => $"-File {Path.Combine(Repository.Root, "build.ps1")} -Task Demo -Configuration {Repository.Configuration}";

    [SkippableFact]
    public void At_a_prompt_it_leaves_a_fresh_session_and_nothing_of_its_own()
    {
        Part.Require(!OperatingSystem.IsLinux() || Part.Find("script") is null ? "script (of util-linux) is not here to make a terminal" : null);
        // But for what the shell sets by itself, and the modules of its own that it loads when they are needed.
        const string Names = "(Get-Variable -Scope Global).Name + (Get-Command -CommandType Function, Alias).Name + (Get-Module).Name -notmatch '^(PS\\w*|\\?|\\^|\\$|MyInvocation|StackTrace|Microsoft\\.PowerShell\\..*)$' -join ' '";
        string before = Ask("", Names);
        using ShellProcess shell = ShellProcess.StartOnTerminal(Variables, $"-NoExit {Demo}");
        string words = shell.Expect(Prompt);
        Assert.DoesNotContain("Import-Module", words, StringComparison.Ordinal);

        // Nothing of the script, and none of its strictness.
        Assert.Equal($"{before} VmStats.PowerShell", Answer(shell, Names));
        Assert.Equal("Continue/0", Answer(shell, "$ErrorActionPreference, $Error.Count -join '/'"));
        Assert.Equal("20", Answer(shell, "(Get-VmTelemetry | Where-Object Time -GT (Get-Date).AddMinutes(-1)).Count"));
        Assert.Equal("Running", Answer(shell, "(Get-VmTelemetryCollector).State"));

        string folder = Assert.Single(Directory.GetDirectories(_folder.Path, "vmstats-first-look-*"));
        Assert.True(Size(folder) < 20_000_000, $"{Size(folder)}");

        // The line that removes it, as it is, while the collector runs.
        string remove = words.Split('\n').Last(line => line.Contains(folder, StringComparison.Ordinal)).Trim();
        Assert.Equal("0", Answer(shell, $"{remove}; $Error.Count"));
        Assert.False(Directory.Exists(folder));
        shell.Type("exit\r");
        Assert.Equal(0, shell.WaitForExit());
    }

    [Fact]
    public void Without_a_prompt_it_names_the_lines_that_go_on_with_it()
    {
        using ShellProcess shell = ShellProcess.Start(Variables, Demo.Split(' '));
        shell.CloseInput();
        Assert.True(shell.WaitForExit() == 0, shell.Output + shell.Error);
        string[] lines = [.. shell.Output.Split('\n').Select(line => line.Trim())];
        string[] goOn = [.. lines.Where(line => line.StartsWith("Import-Module", StringComparison.Ordinal) || line.StartsWith("Connect-VmStats", StringComparison.Ordinal)).TakeLast(2)];
        string folder = Assert.Single(Directory.GetDirectories(_folder.Path, "vmstats-first-look-*"));
        string remove = lines.Last(line => line.Length > 0);
        using ShellProcess own = ShellProcess.Start(Variables, "-Command", $"{string.Join("; ", goOn)}; (Get-MonitoredVm).Count; {remove}; Test-Path '{folder}'");
        own.WaitForExit();
        Assert.Equal("20\nFalse\n", own.Output);
    }

    public void Dispose() => _folder.Dispose();

    private string Ask(string arguments, string expression)
    {
        using ShellProcess shell = ShellProcess.StartOnTerminal(Variables, arguments);
        shell.Expect(Prompt);
        string answer = Answer(shell, expression);
        shell.Type("exit\r");
        shell.WaitForExit();
        return answer;
    }

    // What is typed is drawn, too, so the marks are put together only when it runs.
    private static string Answer(ShellProcess shell, string expression)
    {
        shell.Type($"'<' + '<' + \"$({expression})\" + '>' + '>'\r");
        shell.Expect("\n<<");
        string answer = shell.Expect(">>");
        shell.Expect(Prompt);
        return answer;
    }

    private static long Size(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
}
