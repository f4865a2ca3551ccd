namespace VmStats.Influx;

/// <summary>Sends line protocol to one database of an InfluxDB 3 server.</summary>
public interface ILineSender : IDisposable
{
    /// <summary>Sends records as the body of one request, a line end between each two. Nothing is put off, split or sent again.</summary>
    /// <param name="records">Whole lines, one or more each, without a line end after the last.</param>
    /// <param name="cancellationToken">Aborts the request at once.</param>
    /// <remarks>It knows no answer but an acknowledgement: all others, and all failures, come as what the HttpClient below throws.</remarks>
    Task SendAsync(IEnumerable<string> records, CancellationToken cancellationToken);
}
