using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace VmStats.Shell;

/// <summary>An ErrorRecord as a person reads it: what failed, its id and category, what to do.</summary>
internal static class ErrorText
{
    public static ErrorRecord Record(Exception exception) =>
        exception is IContainsErrorRecord { ErrorRecord: { } record }
            ? record
            : new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, targetObject: null);

    public static string Format(ErrorRecord error)
    {
        StringBuilder text = new();
        string? command = error.InvocationInfo?.MyCommand?.Name;
        text.Append(command is { Length: > 0 } ? command : "Error").Append(": ").Append(Message(error).Trim());
        AppendLine(text, "id", $"{error.FullyQualifiedErrorId} ({error.CategoryInfo.Category})");
        AppendLine(text, "at", Position(error.InvocationInfo));
        AppendLine(text, "try", error.ErrorDetails?.RecommendedAction is { Length: > 0 } action ? action : Hint(error));
        return text.ToString();
    }

    private static string Message(ErrorRecord error) =>
        error.ErrorDetails?.Message is { Length: > 0 } details ? details : error.Exception.Message;

    private static string? Position(InvocationInfo? invocation) => invocation is { ScriptName.Length: > 0 }
        ? string.Create(CultureInfo.InvariantCulture, $"{invocation.ScriptName}:{invocation.ScriptLineNumber}  {invocation.Line.Trim()}")
        : null;

    private static string? Hint(ErrorRecord error) => error.Exception is CommandNotFoundException
        ? "This small host has PowerShell's engine commands and imported modules only; for all of PowerShell use pwsh 7.4 or later."
        : null;

    private static void AppendLine(StringBuilder text, string label, string? value)
    {
        if (value is not null)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  {label,-4}{value}");
        }
    }
}
