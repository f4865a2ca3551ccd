using System.Diagnostics;
using System.Text;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Shell;

/// <summary>The real shell as a process of its own, with its output as it comes; killed at the end whatever happens.</summary>
internal sealed class ShellProcess : IDisposable
{
    // .NET and the line editor ask this of a terminal, and wait for the answer.
    private const string WhereIsTheCursor = "\u001b[6n";

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private int _seen;

    private ShellProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            // A short prompt.
            WorkingDirectory = Path.GetPathRoot(Repository.Root),
        };
        start.Environment["TERM"] = "xterm";
        start.Environment["NO_COLOR"] = "1";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        // The program looks for .NET where that is usually installed; the one that runs this test need not be there.
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? ""));
        foreach ((string name, string value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.Start();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output so far, line ends as \n.</summary>
    public string Output => Text(_output);

    /// <summary>Standard error so far, line ends as \n.</summary>
    public string Error => Text(_error);

    /// <summary>Starts the shell; every character of its output counts from then on.</summary>
    public static ShellProcess Start(params string[] arguments) => Start(null, arguments);

    /// <summary>Starts the shell with environment variables of its own.</summary>
    public static ShellProcess Start(IReadOnlyDictionary<string, string>? variables, params string[] arguments)
    {
        // Ctrl+C is taken as it is in a terminal, even where this process ignores it.
        ShellProcess shell = new("env", ["--default-signal=INT", Repository.Shell, "-NoLogo", "-NoProfile", .. arguments], variables);
        shell._process.BeginOutputReadLine();
        shell._process.BeginErrorReadLine();
        return shell;
    }

    /// <summary>
    /// Starts the shell at a prompt on a pseudo-terminal, with Ctrl+C taken as it is there; what it draws is read character
    /// by character.
    /// </summary>
    public static ShellProcess StartOnTerminal(IReadOnlyDictionary<string, string>? variables = null, string arguments = "")
    {
        // exec: script runs the command with $SHELL or sh, and an sh that stays between would take each Ctrl+C too and
        // end with its own 130. The line editor wants to know how large the terminal is.
        ShellProcess shell = new("script", ["-qec", $"stty cols 120 rows 40; exec env --default-signal=INT '{Repository.Shell}' -NoLogo -NoProfile {arguments}", "/dev/null"], variables);
        _ = shell.PumpAsync();
        return shell;
    }

    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Polls until the text comes, after what was awaited before; fails the test after the bound.</summary>
    /// <returns>What came before the text.</returns>
    public string Expect(string text)
    {
        long start = Stopwatch.GetTimestamp();
        int at;
        while ((at = Output.IndexOf(text, _seen, StringComparison.Ordinal)) < 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_bound, $"'{text}' did not come. Output:\n{Output[_seen..]}\nErrors:\n{Error}");
            Thread.Sleep(20);
        }

        string before = Output[_seen..at];
        _seen = at + text.Length;
        return before;
    }

    /// <summary>Sends SIGINT, as Ctrl+C in a terminal does.</summary>
    public void Interrupt()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end; fails the test after the bound.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(s_bound), $"The shell did not end. Output:\n{Output}\nErrors:\n{Error}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line is null ? "" : $"{line}\n");
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private async Task PumpAsync()
    {
        char[] buffer = new char[4096];
        string unanswered = "";
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and int count)
        {
            string text = new(buffer, 0, count);

            // As a terminal answers, each question: several may come at once, or one in two parts. What is drawn where doesn't matter here.
            string[] parts = (unanswered + text).Split(WhereIsTheCursor);
            for (int i = 1; i < parts.Length; i++)
            {
                Type("\u001b[1;1R");
            }

            unanswered = parts[^1][^Math.Min(parts[^1].Length, WhereIsTheCursor.Length - 1)..];

            lock (_output)
            {
                // A terminal ends its lines with \r\n.
                _output.Append(text.Replace("\r", "", StringComparison.Ordinal));
            }
        }
    }
}
