using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VmStats.Configuration;

namespace VmStats.MemoryDumps;

/// <summary>
/// Drives the original's dump service (<c>POST /api/dumps</c>, <c>GET /api/dumps[/vm]</c>). It knows VMs by name or
/// run-time id only, and reports no hash; what it writes to the store itself, nobody but it vouches for.
/// </summary>
internal sealed class MemoryDumpServiceClient : IDisposable
{
    /// <summary>Id of the answer that the service knows of no dump of a VM.</summary>
    internal const string NoDumpId = "DumpServiceNoDump";

    private const long LongestAnswer = 16 << 20;

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly TimeSpan _timeout;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="address">The service's root, from <see cref="ParseAddress"/>.</param>
    /// <param name="timeout">Longest wait for one answer.</param>
    public MemoryDumpServiceClient(Uri address, TimeSpan timeout)
    {
        _timeout = timeout;
        _address = new UriBuilder(address) { Path = address.AbsolutePath.TrimEnd('/') + "/" }.Uri;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The service's address.</summary>
    public string Address => _address.ToString().TrimEnd('/');

    /// <summary>Reads a service's address, such as <c>http://kvm1:5001</c>; without a scheme http is meant.</summary>
    /// <exception cref="VmStatsException"><c>DumpServiceUrlInvalid</c>. It never repeats the text, which may hold a password.</exception>
    public static Uri ParseAddress(string text) =>
        UrlText.TryParse(text, out _) is { Scheme: "http" or "https", UserInfo.Length: 0 } address
            ? address
            : throw new VmStatsException(
                "DumpServiceUrlInvalid",
                VmStatsErrorKind.InvalidArgument,
                "What was given as the dump service's address is no plain http or https URL.",
                "Give it as http://host:5001, without user, password or query: the service asks for none.");

    /// <summary>
    /// Refuses a VM that the service could take for another: it reads digits as a run-time id before it looks for a name.
    /// </summary>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>.</exception>
    public static void CheckName(string name)
    {
        // Python's int() takes white space around, a sign, underscores between digits and the decimal digits of any script.
        string text = string.Concat(name.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)));
        string digits = text.TrimStart('+', '-').Replace("_", "", StringComparison.Ordinal);
        if (text.Length == 0 || (digits.Length > 0 && digits.EnumerateRunes().All(Rune.IsDigit)))
        {
            throw new VmStatsException(
                "DumpServiceNameAmbiguous",
                VmStatsErrorKind.Ambiguous,
                $"The dump service would take the name '{name}' for a run-time id and might dump another VM.",
                "Run Invoke-MemoryDump on the host itself.",
                name);
        }
    }

    /// <summary>Asks for dumps.</summary>
    /// <param name="names">The VMs' names.</param>
    /// <param name="cancellationToken">Ends the wait; dumps that were begun go on.</param>
    /// <returns>The status of each, in the order of the names. One that was already queued or running is not begun again.</returns>
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

    /// <summary>All dumps that the service knows of since it was started, in order of name.</summary>
    public async Task<IReadOnlyList<MemoryDumpStatus>> ListAsync(CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_address, "api/dumps"));
        Dictionary<string, ServiceDumpStatus> answer = await SendAsync(request, ServiceJson.Default.DictionaryStringServiceDumpStatus, cancellationToken).ConfigureAwait(false);
        return answer.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ToStatus(pair.Key, pair.Value)).ToArray();
    }

    /// <summary>The status of one VM's last dump.</summary>
    /// <returns>Null when the service knows of none.</returns>
    public async Task<MemoryDumpStatus?> FindAsync(string name, CancellationToken cancellationToken)
    {
        // A slash would be taken for a path, even escaped, and a dot or two for a folder.
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

    /// <summary>Asks again until a dump has ended.</summary>
    /// <param name="begun">What <see cref="StartAsync"/> said of it.</param>
    /// <param name="interval">Time between two questions.</param>
    /// <param name="progress">Told each answer.</param>
    /// <param name="cancellationToken">Ends the wait; the dump goes on, since the service can't stop one.</param>
    public async Task<MemoryDumpStatus> WaitAsync(MemoryDumpStatus begun, TimeSpan interval, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            MemoryDumpStatus? status = await FindAsync(begun.Name, cancellationToken).ConfigureAwait(false);
            if (status is null || status.DumpId != begun.DumpId)
            {
                throw Broken($"it has forgotten the dump of '{begun.Name}' (was it restarted?)", null);
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
            throw Broken("its answer broke off", e);
        }
        catch (HttpRequestException e)
        {
            throw Unavailable(VmStatsErrorKind.Unavailable, e.Message, e);
        }
        catch (JsonException e)
        {
            throw Broken("its answer is not what that service sends", e);
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(LongestAnswer).WaitAsync(cancellationToken).ConfigureAwait(false);
            return await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Broken("its answer broke off, or has no end", e);
        }
    }

    private VmStatsException Unavailable(VmStatsErrorKind kind, string why, Exception cause) => new(
        "DumpServiceUnavailable", kind, $"The dump service '{Address}' can't be reached: {why}", "Check that it runs and that -ServiceUrl (MEMDUMP_SERVICE_URL) names it.", Address, cause);

    private VmStatsException Broken(string why, Exception? cause) => new(
        "DumpServiceAnswerInvalid", VmStatsErrorKind.Protocol, $"The dump service '{Address}' can't be used: {why}.", "Check that -ServiceUrl names the original's dump service.", Address, cause);

    private MemoryDumpStatus ToStatus(string name, ServiceDumpStatus? status) =>
        status is null ? throw Broken($"it says nothing of '{name}'", null)
        : ServiceAnswers.ToStatus(name, status, Address) ?? throw Broken($"it knows a state '{status.State}' that we don't", null);
}
