using System.Diagnostics.CodeAnalysis;
using System.Management.Automation.Runspaces;

namespace VmStats.Shell;

/// <summary>The command line, read as pwsh reads its own: everything after -Command is text, everything after -File's path is for the script.</summary>
internal sealed class ShellArguments
{
    public const string Usage = """
        Usage: vmstats-shell [-NoExit] [-Command <text> | [-File] <script.ps1> [arguments]] | -Help

          -Command <text>   Runs the text; further words are joined to it.
          -File <path>      Runs the script; what follows is bound to its parameters.
          -NoExit           Stays at a prompt afterwards, when the terminal is interactive.

        Without either it prompts, or runs what it reads when standard input is no terminal.
        The host has PowerShell's engine commands only; for all of PowerShell use pwsh 7.4 or later.
        """;

    public string? Command { get; private init; }

    public string? File { get; private init; }

    public IReadOnlyList<string> Rest { get; private init; } = [];

    public bool NoExit { get; private init; }

    public bool Help { get; private init; }

    public static bool TryParse(string[] args, [NotNullWhen(true)] out ShellArguments? arguments, [NotNullWhen(false)] out string? mistake)
    {
        bool noExit = false;
        (arguments, mistake) = (null, null);
        for (int index = 0; index < args.Length && arguments is null && mistake is null; index++)
        {
            string[] rest = args[(index + 1)..];
            switch (args[index].ToUpperInvariant())
            {
                case "-NOEXIT":
                    noExit = true;
                    break;
                case "-HELP" or "-H" or "-?" or "--HELP" or "/?":
                    arguments = new() { Help = true };
                    break;
                case "-COMMAND" or "-C":
                    mistake = rest.Length == 0 ? "-Command needs the text to run." : null;
                    arguments = new() { Command = string.Join(' ', rest), NoExit = noExit };
                    break;
                case "-FILE" or "-F":
                    mistake = rest.Length == 0 ? "-File needs the path of a script." : null;
                    arguments = mistake is null ? ForFile(rest, noExit) : null;
                    break;
                case ['-', ..]:
                    mistake = $"'{args[index]}' is not an option of this shell.";
                    break;
                default:
                    arguments = ForFile(args[index..], noExit);
                    break;
            }
        }

        if (mistake is null)
        {
            arguments ??= new() { NoExit = noExit };
        }
        else
        {
            arguments = null;
        }

        return mistake is null;
    }

    /// <summary>Turns a script's arguments into parameters and positional values: <c>-Name value</c>, <c>-Name:value</c>, <c>-Switch</c>, <c>-Switch:$false</c>.</summary>
    public static IEnumerable<CommandParameter> Bind(IReadOnlyList<string> arguments)
    {
        for (int index = 0; index < arguments.Count; index++)
        {
            string argument = arguments[index];
            int colon = argument.IndexOf(':', StringComparison.Ordinal);
            if (argument is not ['-', (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or '_' or '?', ..])
            {
                yield return new CommandParameter(null, argument);
            }
            else if (colon < 0)
            {
                // The engine decides, when it binds, whether the next value belongs to it; that's why the dash stays.
                yield return new CommandParameter(argument);
            }
            else if (colon < argument.Length - 1)
            {
                yield return new CommandParameter(argument[..colon], Value(argument[(colon + 1)..]));
            }
            else
            {
                yield return ++index < arguments.Count
                    ? new CommandParameter(argument[..colon], Value(arguments[index]))
                    : new CommandParameter(argument[..colon]);
            }
        }
    }

    private static ShellArguments ForFile(string[] pathAndArguments, bool noExit) =>
        new() { File = pathAndArguments[0], Rest = pathAndArguments[1..], NoExit = noExit };

    private static object Value(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };
}
