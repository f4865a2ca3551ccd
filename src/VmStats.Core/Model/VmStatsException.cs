namespace VmStats;

/// <summary>The kind of a failure; the cmdlets map it to PowerShell's ErrorCategory.</summary>
public enum VmStatsErrorKind
{
    /// <summary>An argument is invalid.</summary>
    InvalidArgument,

    /// <summary>The named object doesn't exist.</summary>
    NotFound,

    /// <summary>A name matches several objects.</summary>
    Ambiguous,

    /// <summary>The credentials were missing or refused.</summary>
    Authentication,

    /// <summary>The user lacks permission for the operation.</summary>
    PermissionDenied,

    /// <summary>A server, daemon or file is currently unavailable.</summary>
    Unavailable,

    /// <summary>The server violated the protocol, or the connection was lost during a response.</summary>
    Protocol,

    /// <summary>The operation isn't possible in the current state (VM shut off, server limit reached).</summary>
    InvalidOperation,

    /// <summary>Not supported by this server, library or platform.</summary>
    NotSupported,

    /// <summary>A timeout expired.</summary>
    Timeout,

    /// <summary>A file could not be written: disk full, permission denied or device error.</summary>
    WriteFailed,

    /// <summary>Data is damaged or was tampered with.</summary>
    InvalidData,

    /// <summary>The resource is in use, for example locked by another process or by a running dump.</summary>
    ResourceBusy,
}

/// <summary>
/// The base class of all failures that VmStats reports: a stable id, a kind, a sentence that describes the failure and one
/// that recommends what to do. Programming errors are reported by CLR exceptions such as ArgumentException instead.
/// </summary>
public class VmStatsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorId">Stable id in Pascal case, such as <c>VmNotFound</c>; it never changes once released.</param>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="message">A description of the failure that names the affected object. Must not contain secrets.</param>
    /// <param name="recommendation">What the user can do next.</param>
    /// <param name="target">The affected object: a name, a URL without secrets, a path.</param>
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

    /// <summary>The affected object, or null.</summary>
    public object? Target { get; }

    /// <summary>True for a transient failure: the same call may succeed later.</summary>
    public virtual bool IsTransient => false;

    /// <summary>The time to wait before a retry, as requested by the server; null if it didn't request any.</summary>
    public virtual TimeSpan? RetryAfter => null;
}
