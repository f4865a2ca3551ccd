using System.Net;

namespace VmStats.Influx;

/// <summary>A failure of a conversation with InfluxDB: the server's own words, and what can be done about it.</summary>
public sealed class InfluxException : VmStatsException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorId">Stable id, see <see cref="VmStatsException.ErrorId"/>.</param>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="message">What happened; never holds a secret.</param>
    /// <param name="recommendation">What the user can do next.</param>
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

    /// <summary>What the server said, without secrets; null when it said nothing.</summary>
    public string? ServerText { get; init; }

    /// <summary>How long the server asks to be left alone (Retry-After), or null.</summary>
    public TimeSpan? Pause { get; init; }

    /// <inheritdoc/>
    public override TimeSpan? RetryAfter => Pause;

    /// <summary>True when the same request may succeed later: the server could not be reached, or is overloaded.</summary>
    public bool Transient { get; init; }

    /// <inheritdoc/>
    public override bool IsTransient => Transient;
}
