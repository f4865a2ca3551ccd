using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VmStats.MemoryDumps;

/// <summary>
/// Drives the original's dump service (<c>POST /api/dumps</c>, <c>GET /api/dumps[/vm]</c>). It knows VMs by name or
/// run-time id only, and reports no hash; what it writes to the store itself, nobody but it vouches for.
/// </summary>
internal sealed class MemoryDumpServiceClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly TimeSpan _timeout;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="address">The service's root, such as <c>http://kvm1:5001</c>.</param>
    /// <param name="timeout">Longest wait for one answer.</param>
    public MemoryDumpServiceClient(Uri address, TimeSpan timeout)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new VmStatsException("DumpServiceUrlInvalid", VmStatsErrorKind.InvalidArgument, $"'{address}' is no address of a dump service.", "Give it as http://host:5001.", address.OriginalString);
        }

        _timeout = timeout;

        // Without user info: it would come back in error messages.
        _address = new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "", Path = address.AbsolutePath.TrimEnd('/') + "/" }.Uri;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The service's address.</summary>
    public string Address => _address.ToString().TrimEnd('/');

    /// <summary>
    /// Refuses a VM that the service could take for another: it reads digits as a run-time id before it looks for a name.
    /// </summary>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>.</exception>
    public static void CheckName(string name)
    {
        // Python's int() takes spaces around, a sign, underscores between digits and any Unicode digits.
        string digits = name.Trim().TrimStart('+', '-').Replace("_", "", StringComparison.Ordinal);
        if (name.Trim().Length == 0 || (digits.Length > 0 && digits.All(char.IsDigit)))
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
        return names.Select(name => answer.TryGetValue(name, out ServiceDumpStatus? status)
            ? ToStatus(name, status)
            : throw Broken($"it says nothing of '{name}'", null)).ToArray();
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
        // A slash in a name would be taken for a path, even escaped.
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(status => status.Name == name);
        }

        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_address, "api/dumps/" + Uri.EscapeDataString(name)));
        try
        {
            return ToStatus(name, await SendAsync(request, ServiceJson.Default.ServiceDumpStatus, cancellationToken).ConfigureAwait(false));
        }
        catch (VmStatsException e) when (e.ErrorId == "DumpServiceNotFound")
        {
            return null;
        }
    }

    /// <summary>Asks again until a dump has ended.</summary>
    /// <param name="name">The VM's name.</param>
    /// <param name="interval">Time between two questions.</param>
    /// <param name="progress">Told each answer.</param>
    /// <param name="cancellationToken">Ends the wait; the dump goes on, since the service can't stop one.</param>
    public async Task<MemoryDumpStatus> WaitAsync(string name, TimeSpan interval, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            MemoryDumpStatus status = await FindAsync(name, cancellationToken).ConfigureAwait(false)
                ?? throw Broken($"it has forgotten the dump of '{name}' (was it restarted?)", null);
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
            using HttpResponseMessage response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadFromJsonAsync(type, limit.Token).ConfigureAwait(false) ?? throw Broken("its answer is empty", null)
                : throw await RefusedAsync(response, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(VmStatsErrorKind.Timeout, string.Create(CultureInfo.InvariantCulture, $"it did not answer within {_timeout.TotalSeconds:0.#} s"), e);
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

    private async Task<VmStatsException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        bool isAbsent = response.StatusCode == HttpStatusCode.NotFound;
        return new VmStatsException(
            isAbsent ? "DumpServiceNotFound" : "DumpServiceRefused",
            isAbsent ? VmStatsErrorKind.NotFound : VmStatsErrorKind.InvalidOperation,
            $"The dump service '{Address}' answered {(int)response.StatusCode}: {text[..Math.Min(text.Length, 300)]}",
            "Look at the service's log.",
            Address);
    }

    private VmStatsException Unavailable(VmStatsErrorKind kind, string why, Exception cause) => new(
        "DumpServiceUnavailable", kind, $"The dump service '{Address}' can't be reached: {why}", "Check that it runs and that -ServiceUrl (MEMDUMP_SERVICE_URL) names it.", Address, cause);

    private VmStatsException Broken(string why, Exception? cause) => new(
        "DumpServiceAnswerInvalid", VmStatsErrorKind.Protocol, $"The dump service '{Address}' can't be used: {why}.", "Check that -ServiceUrl names the original's dump service.", Address, cause);

    private MemoryDumpStatus ToStatus(string name, ServiceDumpStatus status) => new()
    {
        DumpId = Guid.TryParse(status.DumpId, out Guid id) ? id : Guid.Empty,
        Name = status.Vm ?? name,
        State = Enum.TryParse(status.State, ignoreCase: true, out MemoryDumpState state) && Enum.IsDefined(state)
            ? state
            : throw Broken($"it knows a state '{status.State}' that we don't", null),
        PercentComplete = status.Progress,
        StartedAt = TimeOf(status.StartedAt),
        FinishedAt = TimeOf(status.FinishedAt),
        Duration = status.Duration is double seconds ? TimeSpan.FromSeconds(seconds) : null,
        Path = status.DumpPath,
        Message = status.Message,
        Source = Address,
    };

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;
}
