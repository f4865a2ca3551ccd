using System.Management.Automation;

namespace VmStats.PowerShell.Errors;

/// <summary>Converts exceptions of the module to ErrorRecords with a stable id, category, target and recommended action.</summary>
internal static class ErrorRecords
{
    // ConciseView shows the recommended action since PowerShell 7.5; earlier versions show only the message.
    private static readonly bool s_showsRecommendations = typeof(PSObject).Assembly.GetName().Version >= new Version(7, 5);

    /// <summary>Creates the ErrorRecord of an exception.</summary>
    internal static ErrorRecord From(VmStatsException failure)
    {
        ErrorRecord record = new(failure, failure.ErrorId, CategoryOf(failure.Kind), failure.Target);
        if (failure.Recommendation is string recommendation)
        {
            // The remedy must always be visible, so where it isn't shown by PowerShell it is appended to the message.
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
