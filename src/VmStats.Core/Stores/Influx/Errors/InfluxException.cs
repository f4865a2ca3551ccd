using System.Net;

namespace VmStats.Stores.Influx.Errors;

/// <summary>A communication error with InfluxDB, with the server's own text and a recommended action.</summary>
public sealed class InfluxException : VmStatsException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorId">Stable id, see <see cref="VmStatsException.ErrorId"/>.</param>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="message">What happened; never contains a secret.</param>
    /// <param name="recommendation">The recommended action for the user.</param>
    /// <param name="target">The server's address, without user info and secrets.</param>
    /// <param name="inner">The cause.</param>
    public InfluxException(
        string errorId,
        VmStatsErrorKind kind,
        string message,
        string? recommendation = null,
        object? target = null,
        Exception? inner = null)
        : base(errorId, kind, message, recommendation, target, inner)
    {
    }

    /// <summary>The HTTP status, or null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The server's error text, without secrets; null if there was none.</summary>
    public string? ServerText { get; init; }

    /// <summary>The time to wait that the server requested (Retry-After), or null.</summary>
    public TimeSpan? Pause { get; init; }

    /// <inheritdoc/>
    public override TimeSpan? RetryAfter => Pause;

    /// <summary>True when the same request may succeed later: the server could not be reached, or is overloaded.</summary>
    public bool Transient { get; init; }

    /// <inheritdoc/>
    public override bool IsTransient => Transient;
}
