using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace VmStats.Shell;

/// <summary>One runspace from start to exit: runs what the command line says, then the prompt where one is wanted.</summary>
internal sealed class ShellSession : IDisposable
{
    private readonly ShellHostUI _ui = new();
    private readonly ShellHost _host;
    private readonly Runspace _runspace;
    private readonly Interrupter _interrupter = new();

    public ShellSession()
    {
        _host = new ShellHost(_ui);
        _runspace = RunspaceFactory.CreateRunspace(_host, SessionState.Create());
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
    }

    private static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public int Run(ShellArguments arguments)
    {
        bool prompt = IsInteractive && (arguments.NoExit || (arguments.Command ?? arguments.File) is null);
        int code = arguments switch
        {
            { File: { } path } => RunFile(path, arguments.Rest),
            { Command: { } text } => RunText(text),
            _ => prompt ? ExitCode.Success : RunText(Console.In.ReadToEnd()),
        };

        return _host.RequestedExitCode ?? (prompt ? RunPrompt() : code);
    }

    public void Dispose()
    {
        _interrupter.Dispose();
        _runspace.Dispose();
    }

    private int RunText(string text) => Code(Invoke(shell => shell.AddScript(text), keepStatus: true));

    // The script becomes a function of its own name that is dot-sourced: so $PSScriptRoot and error positions are the
    // file's, its variables stay for -NoExit, and its "exit N" ends the shell, as it does for pwsh -File. A script that
    // is called by its path would keep N to itself.
    private int RunFile(string path, IReadOnlyList<string> arguments)
    {
        string file = Path.GetFullPath(path);
        if (!File.Exists(file))
        {
            _ui.WriteErrorLine($"vmstats-shell: there is no script '{file}'.");
            return ExitCode.Usage;
        }

        ScriptBlockAst script = Parser.ParseFile(file, out _, out ParseError[] errors);
        if (errors.Length > 0)
        {
            Report(new ParseException(errors));
            return ExitCode.Failure;
        }

        string name = Path.GetFileName(file);
        _runspace.SessionStateProxy.InvokeProvider.Item.Set($"function:global:{name}", script.GetScriptBlock());
        Command command = new(name, isScript: false, useLocalScope: false);
        foreach (CommandParameter parameter in ShellArguments.Bind(arguments))
        {
            command.Parameters.Add(parameter);
        }

        return Code(Invoke(shell => shell.Commands.AddCommand(command), keepStatus: false));
    }

    private int Code(Outcome outcome) => outcome switch
    {
        Outcome.Interrupted => ExitCode.Interrupted,
        Outcome.Failed => ExitCode.Failure,
        _ => _runspace.SessionStateProxy.GetVariable("?") is true ? ExitCode.Success : ExitCode.Failure,
    };

    private int RunPrompt()
    {
        Func<string, string?> read = LineReader.IsSupported ? ReadWithEditor(new LineReader(Complete)) : ReadPlainly;
        while (_host.RequestedExitCode is null)
        {
            if (ReadStatement(read) is { Length: > 0 } text)
            {
                Invoke(shell => shell.AddScript(text), keepStatus: true);
            }
        }

        return _host.RequestedExitCode.Value;
    }

    private Func<string, string?> ReadWithEditor(LineReader reader) => prompt =>
    {
        using CancellationTokenSource cancellation = new();
        using (_interrupter.OnInterrupt(cancellation.Cancel))
        {
            return reader.Read(prompt, cancellation.Token);
        }
    };

    private string? ReadPlainly(string prompt)
    {
        _ui.Write(prompt);
        return Console.In.ReadLine() ?? "exit";
    }

    // A statement goes on over as many lines as the parser asks for; an empty line or Ctrl+C gives it up.
    private string? ReadStatement(Func<string, string?> read)
    {
        string? text = read(PromptText());
        while (!string.IsNullOrWhiteSpace(text) && IsIncomplete(text))
        {
            string? more = read(">>");
            text = more is null ? null : $"{text}\n{more}";
            if (more?.Length == 0)
            {
                break;
            }
        }

        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    private static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return errors.Any(error => error.IncompleteInput);
    }

    private string PromptText()
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        try
        {
            return shell.AddCommand("prompt").Invoke<string>().FirstOrDefault() is { Length: > 0 } text ? text : "PS> ";
        }
        catch (RuntimeException)
        {
            // A broken prompt function must not take the prompt away.
            return "PS> ";
        }
    }

    private CommandCompletion? Complete(string line, int cursor)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        using (_interrupter.OnInterrupt(() => shell.BeginStop(null, null)))
        {
            try
            {
                return CommandCompletion.CompleteInput(line, cursor, options: null, shell);
            }
            catch (RuntimeException)
            {
                // No completion is an answer too; the error would be drawn over the line.
                return null;
            }
        }
    }

    private Outcome Invoke(Action<PowerShell> build, bool keepStatus)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        build(shell);
        shell.AddCommand("Out-Default");
        shell.Streams.Error.DataAdding += (_, added) => _ui.WriteErrorLine(ErrorText.Format((ErrorRecord)added.ItemAdded));
        using (_interrupter.OnInterrupt(() => shell.BeginStop(null, null)))
        {
            try
            {
                // The engine keeps the $? of what goes into the history only; of a -File, as in pwsh, it means nothing.
                shell.Invoke(input: null, new PSInvocationSettings { AddToHistory = keepStatus });
                return shell.InvocationStateInfo.State == PSInvocationState.Stopped ? Outcome.Interrupted : Outcome.Completed;
            }
            catch (PipelineStoppedException)
            {
                return Outcome.Interrupted;
            }
            catch (RuntimeException exception)
            {
                Report(exception);
                return Outcome.Failed;
            }
            finally
            {
                _ui.ClearProgress();
            }
        }
    }

    private void Report(RuntimeException exception) => _ui.WriteErrorLine(ErrorText.Format(ErrorText.Record(exception)));

    private enum Outcome
    {
        Completed,
        Failed,
        Interrupted,
    }
}
