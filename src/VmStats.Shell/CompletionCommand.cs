using System.Management.Automation;
using RadLine;

namespace VmStats.Shell;

/// <summary>TAB: puts in the engine's completions one after another, backwards with Shift.</summary>
internal sealed class CompletionCommand : LineEditorCommand
{
    private const string StateKey = nameof(CompletionCommand);

    private readonly Func<string, int, CommandCompletion?> _complete;
    private readonly bool _forward;

    public CompletionCommand(Func<string, int, CommandCompletion?> complete, bool forward)
    {
        _complete = complete;
        _forward = forward;
    }

    public override void Execute(LineEditorContext context)
    {
        LineBuffer buffer = context.Buffer;
        Cycle? cycle = context.GetState<Cycle?>(StateKey, () => null);
        if (cycle is null || cycle.Line != buffer.Content || cycle.Cursor != buffer.Position)
        {
            CommandCompletion? found = _complete(buffer.Content, buffer.Position);
            if (found is null || found.CompletionMatches.Count == 0)
            {
                return;
            }

            cycle = new Cycle(found, found.ReplacementLength);
        }

        string text = cycle.Found.GetNextResult(_forward).CompletionText;
        int start = cycle.Found.ReplacementIndex;
        buffer.Clear(start, cycle.Length);
        buffer.Move(start);
        buffer.Insert(text);
        buffer.Move(start + text.Length);
        context.SetState<Cycle?>(StateKey, cycle with { Length = text.Length, Line = buffer.Content, Cursor = buffer.Position });
    }

    /// <summary>Where the last TAB left the line: while nothing else was typed, the next one goes on from there.</summary>
    private sealed record Cycle(CommandCompletion Found, int Length)
    {
        public string? Line { get; init; }

        public int Cursor { get; init; }
    }
}
