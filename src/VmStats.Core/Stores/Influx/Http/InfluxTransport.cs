using System.Net.Http.Headers;
using System.Text;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;
using VmStats.Text;

namespace VmStats.Stores.Influx.Http;

/// <summary>Sends requests to one server: handles the address, credentials, TLS, proxy and timeouts, but not the contents of requests.</summary>
internal sealed class InfluxTransport : IDisposable
{
    private static readonly TimeSpan s_maximumConnectTime = TimeSpan.FromSeconds(10);
    private readonly ConnectionOptions _options;
    private readonly bool _ownsHandler;
    private readonly Lazy<HttpMessageHandler> _handler;
    private readonly Lazy<HttpClient> _client;
    private readonly ClientIdentity _identity;
    private volatile bool _isDisposed;

    public InfluxTransport(ConnectionOptions options, HttpMessageHandler? handler)
    {
        Uri url = options.Url ?? throw new ArgumentException("The connection has no URL.", nameof(options));
        _options = options.WithUrlCredentials();
        Server = BaseOf(url);
        Address = SafeText.Url(Server);
        _identity = new ClientIdentity(_options);
        Failures = new InfluxFailures(_options, Address, _identity);
        RefuseUnencryptedSecret();
        // Created on first use, so that creating a connection doesn't read certificate files.
        _ownsHandler = handler is null;
        _handler = new Lazy<HttpMessageHandler>(() => handler ?? CreateHandler(), LazyThreadSafetyMode.PublicationOnly);
        _client = new Lazy<HttpClient>(() => CreateClient(_handler.Value), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The server's address without user info and query; its path ends with a slash.</summary>
    public Uri Server { get; }

    /// <summary>The address for messages.</summary>
    public string Address { get; }

    public InfluxFailures Failures { get; }

    /// <summary>Sends a request and returns the response, whatever its status, once its headers have arrived.</summary>
    public async ValueTask<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, InfluxApi api, RequestTimer timer)
    {
        using HttpRequestMessage request = new(method, new Uri(Server, path)) { Content = content };
        request.Headers.Authorization = Authorization(api);
        // A server that refuses a large body reports that before the body is sent; otherwise 1.x closes the connection instead.
        request.Headers.ExpectContinue = api == InfluxApi.V1 && content?.Headers.ContentLength > 1024 * 1024;
        HttpClient client = _client.Value;
        return await AwaitAsync(token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), timer).ConfigureAwait(false);
    }

    /// <summary>Awaits the response to a request, and converts failures to exceptions.</summary>
    public async ValueTask<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> send, RequestTimer timer)
    {
        try
        {
            timer.Restart();
            T answer = await send(timer.Token).ConfigureAwait(false);
            timer.Pause();
            _identity.OnResponse();
            return answer;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw timer.WasCancelledByCaller ? timer.Cancelled(e)
                : _isDisposed ? new ObjectDisposedException($"The connection to {Address} was closed while waiting for a response.", e)
                : Failures.NoAnswer(e);
        }
    }

    /// <summary>
    /// Creates an HttpClient for third-party code that writes to InfluxDB 3 (Core, Enterprise and the distributed
    /// editions). It uses the same handler and credentials as all requests. It returns only acknowledgements; any other
    /// response is thrown as a <see cref="WriteRefusedException"/>.
    /// </summary>
    public HttpClient CreateWriteClient()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(InfluxTransport));
        AuthenticationHeaderValue? authorization = Authorization(InfluxApi.V3);
        HttpClient client = CreateClient(new AcknowledgementHandler(new CompressionHandler(_handler.Value)));
        client.DefaultRequestHeaders.Authorization = authorization;
        return client;
    }

    public RequestTimer StartTimer(CancellationToken cancellationToken) => new(_options.Timeout, cancellationToken);

    public void Dispose()
    {
        _isDisposed = true;
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }

        if (_ownsHandler && _handler.IsValueCreated)
        {
            _handler.Value.Dispose();
        }
    }

    private static Uri BaseOf(Uri url)
    {
        UriBuilder builder = new(url) { UserName = "", Password = "", Query = "", Fragment = "" };
        if (!builder.Path.EndsWith('/'))
        {
            builder.Path += "/";
        }

        return builder.Uri;
    }

    private AuthenticationHeaderValue? Authorization(InfluxApi api)
    {
        if (_options.Token is { } token)
        {
            return new AuthenticationHeaderValue(api == InfluxApi.V2 ? "Token" : "Bearer", HeaderSafe(token));
        }

        if (_options.UserName is { } user)
        {
            string pair = $"{user}:{_options.Password?.Reveal()}";
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        return null;
    }

    private string HeaderSafe(Secret token)
    {
        string value = token.Reveal().Trim();
        if (value.Length == 0)
        {
            throw new InfluxException(ErrorIds.TokenMalformed, VmStatsErrorKind.InvalidArgument,
                $"The token from {token.Source} is empty.", "Specify the token, or omit it for a server without authentication.", Address);
        }

        foreach (char c in value)
        {
            if (c is <= ' ' or > '~')
            {
                throw new InfluxException(ErrorIds.TokenMalformed, VmStatsErrorKind.InvalidArgument,
                    $"The token from {token.Source} contains characters that are invalid in a token: blanks, line ends or non-ASCII letters.",
                    "Copy the token again, without any surrounding characters.", Address);
            }
        }

        return value;
    }

    private void RefuseUnencryptedSecret()
    {
        Secret? secret = _options.Token ?? _options.Password;
        bool staysHere = Server.IsLoopback && (_options.Proxy is null || _options.Proxy.IsLoopback);
        if (secret is null || staysHere || _options.AllowUnencrypted || Server.Scheme == Uri.UriSchemeHttps)
        {
            return;
        }

        throw new InfluxException(ErrorIds.TokenOverHttpRefused, VmStatsErrorKind.PermissionDenied,
            $"The {(_options.Token is null ? "password" : "token")} from {secret.Source} would be sent unencrypted to {Address}.",
            "Use https, or a tunnel to this machine; Connect-VmStats -AllowUnencrypted, or INFLUX_ALLOW_UNENCRYPTED=1, permits sending it unencrypted.", Address);
    }

    private static HttpClient CreateClient(HttpMessageHandler handler)
    {
        HttpClient client = new(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("VmStats", "1"));
        return client;
    }

    private SocketsHttpHandler CreateHandler()
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = _options.Timeout < s_maximumConnectTime ? _options.Timeout : s_maximumConnectTime,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            Expect100ContinueTimeout = TimeSpan.FromSeconds(1),
        };
        if (_options.Proxy is not null)
        {
            handler.Proxy = ProxyInUse.Open(_options.Proxy);
        }
        else if (Server.IsLoopback)
        {
            // http_proxy is not meant for this machine, and a token must not leave the machine through a proxy.
            handler.UseProxy = false;
        }

        handler.SslOptions.RemoteCertificateValidationCallback = CertificateCheck.For(_options);
        _identity.Configure(handler.SslOptions);
        return handler;
    }
}
