using System.Buffers;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VmStats.PowerShell.Completion;

/// <summary>Creates completion results: selects the values that match the typed word, and quotes them if necessary.</summary>
internal static class CompletionText
{
    private static readonly SearchValues<char> s_needsQuotes = SearchValues.Create(" '\"`$&;|(){}[]<>,@#*?\n\t");

    /// <summary>Returns the values that complete a word, with their tooltips.</summary>
    internal static IEnumerable<CompletionResult> Match(string wordToComplete, IEnumerable<(string Value, string ToolTip)> values)
    {
        string word = wordToComplete.Trim('\'', '"');
        WildcardPattern pattern = new(
            word.Contains('*', StringComparison.Ordinal) ? word : WildcardPattern.Escape(word) + "*",
            WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        foreach ((string value, string toolTip) in values)
        {
            if (pattern.IsMatch(value))
            {
                yield return new CompletionResult(Quote(value), value, CompletionResultType.ParameterValue, toolTip.Length == 0 ? value : toolTip);
            }
        }
    }

    private static string Quote(string value) =>
        value.AsSpan().IndexOfAny(s_needsQuotes) < 0 && value.Length > 0
            ? value
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";
}
