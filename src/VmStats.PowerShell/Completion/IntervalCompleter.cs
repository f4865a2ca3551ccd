using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes bucket widths with common values.</summary>
public sealed class IntervalCompleter : IArgumentCompleter
{
    private static readonly (string Text, string ToolTip)[] s_widths =
    [
        ("Auto", "at most about 120 buckets over the range"), ("10s", "10 seconds"), ("1m", "1 minute"), ("5m", "5 minutes"),
        ("15m", "15 minutes"), ("1h", "1 hour"), ("1d", "1 day"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) => CompletionText.Match(wordToComplete, s_widths);
}
