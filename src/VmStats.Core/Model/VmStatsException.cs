namespace VmStats;

/// <summary>What kind of failure an error is; the cmdlets map it to PowerShell's ErrorCategory.</summary>
public enum VmStatsErrorKind
{
    /// <summary>An argument that can't be used as given.</summary>
    InvalidArgument,

    /// <summary>Something named does not exist.</summary>
    NotFound,

    /// <summary>A name that fits several things.</summary>
    Ambiguous,

    /// <summary>The credentials were missing or refused.</summary>
    Authentication,

    /// <summary>Known credentials, or this user, may not do this.</summary>
    PermissionDenied,

    /// <summary>A server, daemon or file can't be reached now.</summary>
    Unavailable,

    /// <summary>The other side broke its protocol or off in mid-answer.</summary>
    Protocol,

    /// <summary>Not possible in the present state (VM shut off, server limit reached).</summary>
    InvalidOperation,

    /// <summary>Not offered by this server, library or platform.</summary>
    NotSupported,

    /// <summary>It took longer than allowed.</summary>
    Timeout,

    /// <summary>A file could not be written: no space, no right, broken device.</summary>
    WriteFailed,

    /// <summary>Data that is damaged or was tampered with.</summary>
    InvalidData,

    /// <summary>Somebody else has it: a lock, a running dump.</summary>
    ResourceBusy,
}

/// <summary>
/// The root of every failure that VmStats reports: one stable id, one kind, one sentence that says what happened
/// and one that says what to do. Mistakes of a caller in code stay CLR exceptions (ArgumentException and kin).
/// </summary>
public class VmStatsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorId">Stable id in Pascal case, such as <c>VmNotFound</c>; it never changes once released.</param>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="message">What happened, naming the thing it happened to. Never holds a secret.</param>
    /// <param name="recommendation">What the user can do next.</param>
    /// <param name="target">The object concerned: a name, a URL without secrets, a path.</param>
    /// <param name="inner">The cause.</param>
    public VmStatsException(
        string errorId,
        VmStatsErrorKind kind,
        string message,
        string? recommendation = null,
        object? target = null,
        Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Kind = kind;
        Recommendation = recommendation;
        Target = target;
    }

    /// <summary>The stable id of this failure.</summary>
    public string ErrorId { get; }

    /// <summary>The kind of failure.</summary>
    public VmStatsErrorKind Kind { get; }

    /// <summary>What the user can do next.</summary>
    public string? Recommendation { get; }

    /// <summary>The object concerned, or null.</summary>
    public object? Target { get; }

    /// <summary>True when the same call may succeed later without anything being changed.</summary>
    public virtual bool IsTransient => false;

    /// <summary>How long the other side asked to wait before the call is made again; null where it didn't say.</summary>
    public virtual TimeSpan? RetryAfter => null;
}
