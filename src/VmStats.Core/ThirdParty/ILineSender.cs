namespace VmStats.ThirdParty;

/// <summary>Sends line protocol to one database of an InfluxDB 3 server.</summary>
internal interface ILineSender : IDisposable
{
    /// <summary>Sends records as the body of one request, separated by line feeds. Nothing is deferred, split or retried.</summary>
    /// <param name="records">One or more complete lines each, without a trailing line feed.</param>
    /// <param name="cancellationToken">Aborts the request immediately.</param>
    /// <remarks>Only an acknowledgement counts as success; other responses, and errors, are thrown by the underlying HttpClient.</remarks>
    Task SendAsync(IEnumerable<string> records, CancellationToken cancellationToken);
}
