using InfluxDB3.Client;
using InfluxDB3.Client.Config;
using InfluxDB3.Client.Write;
using VmStats.ThirdParty;

namespace VmStats.Infrastructure.InfluxDB3;

/// <summary>
/// InfluxDB3.Client as a sender of ready-made lines. Each of its defaults that would matter is set: on InfluxDB 3 Core one bad
/// line of a write through /api/v2/write would keep all from being stored, and a client of its own making would follow redirects.
/// </summary>
internal sealed class ClientLineSender : ILineSender
{
    private readonly HttpClient _http;
    private readonly InfluxDBClient _client;

    /// <param name="http">Carries credentials, compression and the rules of the connection. Used by nobody else: the client writes into it. Disposed of with this.</param>
    /// <param name="server">The server's address, with the path that it is behind.</param>
    /// <param name="database">The database.</param>
    /// <param name="byV2Api">Whether to write through /api/v2/write, which Clustered, Dedicated and Serverless have alone.</param>
    public ClientLineSender(HttpClient http, Uri server, string database, bool byV2Api)
    {
        _http = http;
        _client = new InfluxDBClient(new ClientConfig
        {
            Host = server.AbsoluteUri,
            Database = database,
            HttpClient = http,
            WriteOptions = new WriteOptions
            {
                UseV2Api = byV2Api,
                AcceptPartial = true,
                NoSync = false,
                Precision = WritePrecision.Ns,
                // Never: the HttpClient compresses. Nought would mean always.
                GzipThreshold = int.MaxValue,
            },
#pragma warning disable CS0618 // Obsolete, but each write makes a timer of it, which nobody disposes of.
            Timeout = Timeout.InfiniteTimeSpan,
#pragma warning restore CS0618
        });
    }

    /// <inheritdoc/>
    public Task SendAsync(IEnumerable<string> records, CancellationToken cancellationToken) =>
        _client.WriteRecordsAsync(records, cancellationToken: cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _client.Dispose();
    }
}
