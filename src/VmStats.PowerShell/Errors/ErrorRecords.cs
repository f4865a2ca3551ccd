using System.Management.Automation;

namespace VmStats.PowerShell.Errors;

/// <summary>Turns failures into ErrorRecords: stable id, category, target, and the way out as the recommended action.</summary>
internal static class ErrorRecords
{
    // ConciseView shows the recommended action since PowerShell 7.5; before, only the message.
    private static readonly bool s_showsRecommendations = typeof(PSObject).Assembly.GetName().Version >= new Version(7, 5);

    /// <summary>The record of a failure.</summary>
    internal static ErrorRecord From(VmStatsException failure)
    {
        ErrorRecord record = new(failure, failure.ErrorId, CategoryOf(failure.Kind), failure.Target);
        if (failure.Recommendation is string recommendation)
        {
            // The way out is what the reader needs at 3 a.m.
            string shown = s_showsRecommendations ? failure.Message : $"{failure.Message} {recommendation}";
            record.ErrorDetails = new ErrorDetails(shown) { RecommendedAction = recommendation };
        }

        return record;
    }

    private static ErrorCategory CategoryOf(VmStatsErrorKind kind) => kind switch
    {
        VmStatsErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        VmStatsErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        VmStatsErrorKind.Ambiguous => ErrorCategory.InvalidArgument,
        VmStatsErrorKind.Authentication => ErrorCategory.AuthenticationError,
        VmStatsErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        VmStatsErrorKind.Unavailable => ErrorCategory.ResourceUnavailable,
        VmStatsErrorKind.Protocol => ErrorCategory.ProtocolError,
        VmStatsErrorKind.InvalidOperation => ErrorCategory.InvalidOperation,
        VmStatsErrorKind.NotSupported => ErrorCategory.NotImplemented,
        VmStatsErrorKind.Timeout => ErrorCategory.OperationTimeout,
        VmStatsErrorKind.WriteFailed => ErrorCategory.WriteError,
        VmStatsErrorKind.InvalidData => ErrorCategory.InvalidData,
        VmStatsErrorKind.ResourceBusy => ErrorCategory.ResourceBusy,
        _ => ErrorCategory.InvalidResult,
    };
}
