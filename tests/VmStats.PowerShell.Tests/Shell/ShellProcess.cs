using System.Diagnostics;
using System.Text;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Shell;

/// <summary>The built shell as a process of its own, with its output as it comes; killed at the end whatever happens.</summary>
internal sealed class ShellProcess : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private int _seen;

    private ShellProcess(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            // A short prompt: the line editor scrolls a line that is longer than the terminal.
            WorkingDirectory = Path.GetPathRoot(Repository.Root),
        };
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
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
    public static ShellProcess Start(params string[] arguments) => Started(new ShellProcess("dotnet", [Repository.Shell, .. arguments]));

    /// <summary>Starts the shell with Ctrl+C taken as it is in a terminal, even where this process ignores it.</summary>
    public static ShellProcess StartInterruptible(params string[] arguments) =>
        Started(new ShellProcess("env", ["--default-signal=INT", "dotnet", Repository.Shell, .. arguments]));

    /// <summary>
    /// Starts the shell on a pseudo-terminal, with Ctrl+C taken as it is there; what it draws is read character by character.
    /// </summary>
    public static ShellProcess StartOnTerminal()
    {
        // exec: script runs the command with $SHELL or sh, and an sh that stays between would take each Ctrl+C too and
        // end with its own 130.
        ShellProcess shell = new("script", ["-qec", $"exec env --default-signal=INT dotnet '{Repository.Shell}'", "/dev/null"]);
        _ = shell.PumpAsync();
        return shell;
    }

    /// <summary>Runs the shell to its end with the given standard input.</summary>
    public static ShellProcess Run(string[] arguments, string input = "")
    {
        ShellProcess shell = Start(arguments);
        shell.Type(input);
        shell._process.StandardInput.Close();
        shell.WaitForExit();
        return shell;
    }

    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>Polls until the text comes, after what was awaited before; fails the test after the bound.</summary>
    public void Expect(string text)
    {
        long start = Stopwatch.GetTimestamp();
        int at;
        while ((at = Output.IndexOf(text, _seen, StringComparison.Ordinal)) < 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_bound, $"'{text}' did not come. Output:\n{Output[_seen..]}\nErrors:\n{Error}");
            Thread.Sleep(20);
        }

        _seen = at + text.Length;
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

    private static ShellProcess Started(ShellProcess shell)
    {
        shell._process.BeginOutputReadLine();
        shell._process.BeginErrorReadLine();
        return shell;
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
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and int count)
        {
            lock (_output)
            {
                // A terminal ends its lines with \r\n.
                _output.Append(new string(buffer, 0, count).Replace("\r", "", StringComparison.Ordinal));
            }
        }
    }
}
