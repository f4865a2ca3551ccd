using System.Net;

namespace VmStats.Influx;

/// <summary>
/// Lets a write's answer pass only where it is the acknowledgement. A client above it would take every 2xx for one, also the
/// page of a proxy, and make its own words of a refusal; here the answer is handed on unread.
/// </summary>
internal sealed class AcknowledgementHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>True for the one answer that every InfluxDB gives to a write that it has stored.</summary>
    public static bool IsAcknowledged(HttpResponseMessage answer) => answer.StatusCode == HttpStatusCode.NoContent;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return IsAcknowledged(answer) ? answer : throw new WriteRefusedException(answer);
    }
}

/// <summary>A write got another answer than an acknowledgement.</summary>
/// <param name="answer">The answer, its body unread; who catches this disposes of it.</param>
internal sealed class WriteRefusedException(HttpResponseMessage answer) : Exception("The write was not acknowledged.")
{
    public HttpResponseMessage Answer { get; } = answer;
}
