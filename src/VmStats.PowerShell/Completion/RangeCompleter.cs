using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes the start or end of a range with common durations before now.</summary>
public sealed class RangeCompleter : IArgumentCompleter
{
    private static readonly (string Text, string ToolTip)[] s_ranges =
    [
        ("5m", "5 minutes"), ("15m", "15 minutes"), ("1h", "1 hour"), ("6h", "6 hours"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) => CompletionText.Match(wordToComplete, s_ranges);
}
