using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VmStats.Configuration;
using VmStats.Errors;

namespace VmStats.Dumps.Service;

/// <summary>
/// A client of the original's dump service (<c>POST /api/dumps</c>, <c>GET /api/dumps[/vm]</c>). The service identifies
/// VMs only by name or run-time id, and reports no hash; the records that it writes to the store can't be verified.
/// </summary>
internal sealed class MemoryDumpServiceClient : IDisposable
{
    /// <summary>The error id for the answer that the service has no dump of a VM.</summary>
    internal const string NoDumpId = ErrorIds.DumpServiceNoDump;

    private const long MaximumAnswerBytes = 16 << 20;

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly TimeSpan _timeout;

    /// <summary>Creates a client; doesn't connect yet.</summary>
    /// <param name="address">The service's root, from <see cref="ParseAddress"/>.</param>
    /// <param name="timeout">Maximum time to wait for one answer.</param>
    public MemoryDumpServiceClient(Uri address, TimeSpan timeout)
    {
        _timeout = timeout;
        _address = new UriBuilder(address) { Path = address.AbsolutePath.TrimEnd('/') + "/" }.Uri;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The service's address.</summary>
    public string Address => _address.ToString().TrimEnd('/');

    /// <summary>Parses a service's address, such as <c>http://kvm1:5001</c>; without a scheme, http is assumed.</summary>
    /// <exception cref="VmStatsException"><c>DumpServiceUrlInvalid</c>. The message never repeats the text, which may contain a password.</exception>
    public static Uri ParseAddress(string text) =>
        UrlText.TryParse(text, out _) is { Scheme: "http" or "https", UserInfo.Length: 0 } address
            ? address
            : throw new VmStatsException(
                ErrorIds.DumpServiceUrlInvalid,
                VmStatsErrorKind.InvalidArgument,
                "The dump service's address is not a plain http or https URL.",
                "Give it as http://host:5001, without user, password or query: the service doesn't use them.");

    /// <summary>
    /// Refuses a VM name that the service could mistake for another VM's id: it interprets digits as a run-time id
    /// before it looks for a name.
    /// </summary>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>.</exception>
    public static void CheckName(string name)
    {
        // Python's int() accepts surrounding white space, a sign, underscores between digits, and the decimal digits of any script.
        string text = string.Concat(name.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)));
        string digits = text.TrimStart('+', '-').Replace("_", "", StringComparison.Ordinal);
        if (text.Length == 0 || (digits.Length > 0 && digits.EnumerateRunes().All(Rune.IsDigit)))
        {
            throw new VmStatsException(
                ErrorIds.DumpServiceNameAmbiguous,
                VmStatsErrorKind.Ambiguous,
                $"The dump service would interpret the name '{name}' as a run-time id and might dump another VM.",
                "Run Invoke-MemoryDump on the host itself.",
                name);
        }
    }

    /// <summary>Starts dumps.</summary>
    /// <param name="names">The VMs' names.</param>
    /// <param name="cancellationToken">Ends the wait; dumps that have been started continue.</param>
    /// <returns>The status of each dump, in the order of the names. A dump that was already queued or running is not started again.</returns>
    public async Task<IReadOnlyList<MemoryDumpStatus>> StartAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            CheckName(name);
        }

        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(_address, "api/dumps"))
        {
            Content = JsonContent.Create(new ServiceDumpRequest(names), ServiceJson.Default.ServiceDumpRequest),
        };
        Dictionary<string, ServiceDumpStatus> answer = await SendAsync(request, ServiceJson.Default.DictionaryStringServiceDumpStatus, cancellationToken).ConfigureAwait(false);
        return names.Select(name => ToStatus(name, answer.GetValueOrDefault(name))).ToArray();
    }

    /// <summary>Lists the dumps that the service has taken since it was started, in order of name.</summary>
    public async Task<IReadOnlyList<MemoryDumpStatus>> ListAsync(CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_address, "api/dumps"));
        Dictionary<string, ServiceDumpStatus> answer = await SendAsync(request, ServiceJson.Default.DictionaryStringServiceDumpStatus, cancellationToken).ConfigureAwait(false);
        return answer.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ToStatus(pair.Key, pair.Value)).ToArray();
    }

    /// <summary>The status of one VM's last dump.</summary>
    /// <returns>Null if the service has none.</returns>
    public async Task<MemoryDumpStatus?> FindAsync(string name, CancellationToken cancellationToken)
    {
        // A slash would be interpreted as a path separator, even escaped, and one or two dots as a folder.
        if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            return (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(status => status.Name == name);
        }

        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_address, "api/dumps/" + Uri.EscapeDataString(name)));
        try
        {
            return ToStatus(name, await SendAsync(request, ServiceJson.Default.ServiceDumpStatus, cancellationToken).ConfigureAwait(false));
        }
        catch (VmStatsException e) when (e.ErrorId == NoDumpId)
        {
            return null;
        }
    }

    /// <summary>Polls until a dump has ended.</summary>
    /// <param name="begun">The status returned by <see cref="StartAsync"/>.</param>
    /// <param name="interval">The polling interval.</param>
    /// <param name="progress">Receives the status at each poll.</param>
    /// <param name="cancellationToken">Ends the wait; the dump continues, since the service can't stop one.</param>
    public async Task<MemoryDumpStatus> WaitAsync(MemoryDumpStatus begun, TimeSpan interval, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            MemoryDumpStatus? status = await FindAsync(begun.Name, cancellationToken).ConfigureAwait(false);
            if (status is null || status.DumpId != begun.DumpId)
            {
                throw Broken($"it no longer lists the dump of '{begun.Name}' (was it restarted?)", null);
            }

            progress?.Report(status);
            if (status.State is not (MemoryDumpState.Queued or MemoryDumpState.Running))
            {
                return status;
            }

            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            byte[] body = await ReadAsync(response.Content, limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(body, type) ?? throw Broken("its answer is empty", null)
                : throw ServiceAnswers.Refused(Address, response.StatusCode, body);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(VmStatsErrorKind.Timeout, string.Create(CultureInfo.InvariantCulture, $"it did not answer within {_timeout.TotalSeconds:0.#} s"), e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            throw Broken("its answer was cut off", e);
        }
        catch (HttpRequestException e)
        {
            throw Unavailable(VmStatsErrorKind.Unavailable, e.Message, e);
        }
        catch (JsonException e)
        {
            throw Broken("its answer has an unexpected format", e);
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaximumAnswerBytes).WaitAsync(cancellationToken).ConfigureAwait(false);
            return await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Broken("its answer was cut off or is too long", e);
        }
    }

    private VmStatsException Unavailable(VmStatsErrorKind kind, string why, Exception cause) => new(
        ErrorIds.DumpServiceUnavailable, kind, $"The dump service '{Address}' can't be reached: {why}", "Check that it runs and that -ServiceUrl (MEMDUMP_SERVICE_URL) names it.", Address, cause);

    private VmStatsException Broken(string why, Exception? cause) => new(
        ErrorIds.DumpServiceAnswerInvalid, VmStatsErrorKind.Protocol, $"The dump service '{Address}' can't be used: {why}.", "Check that -ServiceUrl names the original's dump service.", Address, cause);

    private MemoryDumpStatus ToStatus(string name, ServiceDumpStatus? status) =>
        status is null ? throw Broken($"its answer doesn't contain '{name}'", null)
        : ServiceAnswers.ToStatus(name, status, Address) ?? throw Broken($"it reports the unknown state '{status.State}'", null);
}
