using System.Management.Automation;
using RadLine;
using Spectre.Console;

namespace VmStats.Shell;

/// <summary>The line editor: history on the arrow keys, TAB completion, Ctrl+D to leave.</summary>
internal sealed class LineReader
{
    private readonly LineEditor _editor;
    private readonly TextPrompt _prompt = new();

    public LineReader(Func<string, int, CommandCompletion?> complete)
    {
        _editor = new LineEditor { Prompt = _prompt };
        _editor.KeyBindings.Add(ConsoleKey.Tab, () => new CompletionCommand(complete, forward: true));
        _editor.KeyBindings.Add(ConsoleKey.Tab, ConsoleModifiers.Shift, () => new CompletionCommand(complete, forward: false));
        _editor.KeyBindings.Add<PreviousHistoryCommand>(ConsoleKey.UpArrow);
        _editor.KeyBindings.Add<NextHistoryCommand>(ConsoleKey.DownArrow);

        // Enter typed ahead, while a command still has the terminal, comes as the line feed that the terminal made of it.
        _editor.KeyBindings.Add<SubmitCommand>(ConsoleKey.Enter, ConsoleModifiers.Control);
        _editor.KeyBindings.Add<SubmitCommand>(ConsoleKey.J, ConsoleModifiers.Control);
        _editor.KeyBindings.Add(ConsoleKey.D, ConsoleModifiers.Control, () => new LeaveCommand());
    }

    /// <summary>False where the terminal can't be drawn on (TERM=dumb); then lines are read as they come.</summary>
    public static bool IsSupported => LineEditor.IsSupported(AnsiConsole.Console);

    /// <summary>Reads one line; null when it was given up with Ctrl+C.</summary>
    public string? Read(string prompt, CancellationToken cancellation)
    {
        _prompt.Text = prompt.TrimEnd();
        try
        {
            return _editor.ReadLine(cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine();
            return null;
        }
    }

    private sealed class TextPrompt : ILineEditorPrompt
    {
        public string Text { get; set; } = "";

        public (Markup Markup, int Margin) GetPrompt(ILineEditorState state, int line) => (new Markup(Markup.Escape(Text)), 1);
    }

    private sealed class LeaveCommand : LineEditorCommand
    {
        public override void Execute(LineEditorContext context)
        {
            if (context.Buffer.Length == 0)
            {
                context.Buffer.Insert("exit");
                context.Submit(SubmitAction.Submit);
            }
        }
    }
}
