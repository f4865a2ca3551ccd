using InfluxDB3.Client;
using InfluxDB3.Client.Config;
using InfluxDB3.Client.Write;
using VmStats.ThirdParty;

namespace VmStats.Infrastructure.InfluxDB3;

/// <summary>
/// Sends lines that are already encoded as line protocol through InfluxDB3.Client. The defaults that matter are set explicitly:
/// on InfluxDB 3 Core one bad line in a write through /api/v2/write would make the server reject the whole batch, and an
/// HttpClient created by the package would follow redirects.
/// </summary>
internal sealed class ClientLineSender : ILineSender
{
    private readonly HttpClient _http;
    private readonly InfluxDBClient _client;

    /// <param name="http">Adds credentials and compression, and applies the connection's rules. Must not be shared, because the InfluxDB client changes its settings; disposed with this sender.</param>
    /// <param name="server">The server's address, including a path prefix.</param>
    /// <param name="database">The database.</param>
    /// <param name="byV2Api">True to write through /api/v2/write, the only write API of Clustered, Dedicated and Serverless.</param>
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
                // Off, because the HttpClient compresses. 0 would mean always.
                GzipThreshold = int.MaxValue,
            },
#pragma warning disable CS0618 // Obsolete, but with a finite timeout each write creates a timer that is never disposed.
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
