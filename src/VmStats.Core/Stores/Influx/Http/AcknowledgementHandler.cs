using System.Net;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// Passes on the response to a write only if it is the acknowledgement. The client above would accept every 2xx
/// response as one, even a proxy's page, and would replace the server's error text with its own; here the response is
/// handed over unread.
/// </summary>
internal sealed class AcknowledgementHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>True for the one response that every InfluxDB sends for a write that it has stored.</summary>
    public static bool IsAcknowledgement(HttpResponseMessage answer) => answer.StatusCode == HttpStatusCode.NoContent;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return IsAcknowledgement(answer) ? answer : throw new WriteRefusedException(answer);
    }
}

/// <summary>A write was answered with something other than an acknowledgement.</summary>
/// <param name="answer">The response, with its body unread; must be disposed of by the code that catches this exception.</param>
internal sealed class WriteRefusedException(HttpResponseMessage answer) : Exception("The write was not acknowledged.")
{
    public HttpResponseMessage Answer { get; } = answer;
}
