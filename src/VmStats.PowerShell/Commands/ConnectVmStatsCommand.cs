using System.Management.Automation;
using System.Net;
using System.Security;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Paths;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Transformation;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Connects this session to an InfluxDB server or an embedded store.</summary>
/// <remarks>
/// Without parameters, the connection is made from the environment variables (INFLUX_URL, INFLUX_DB, INFLUX_TOKEN and
/// related ones). One request checks that the server answers, unless -NoProbe is given. The token from the environment is
/// only ever sent to the server that the environment names. If connecting fails, nothing changes: the session keeps its
/// current store, and a warning names it.
/// </remarks>
/// <example>
/// <code>Connect-VmStats https://influx.example.org:8181 vms -Token (Read-Host -AsSecureString)</code>
/// Connects to InfluxDB 3 with a token that doesn't appear in the command history.
/// </example>
/// <example>
/// <code>Connect-VmStats -Path ./lab.db -HypervisorUri sim://fleet?vms=20</code>
/// Uses an embedded store and a simulated fleet, to try things out.
/// </example>
[Cmdlet(VerbsCommunications.Connect, "VmStats", DefaultParameterSetName = UrlSet)]
[OutputType(typeof(VmStatsConnection))]
public sealed class ConnectVmStatsCommand : VmStatsCmdletBase
{
    private const string UrlSet = "Url";
    private const string PathSet = "Path";

    /// <summary>The URL of the store: http: or https: for InfluxDB, file: for an embedded store. By default, the store that the environment names.</summary>
    [Parameter(Position = 0, ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? Url { get; set; }

    /// <summary>The file of an embedded store; it is created if it doesn't exist.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The database (InfluxDB 1.x and 3) or bucket (2.x). It may include a retention policy in the notation of 1.x clients: db/rp.</summary>
    [Parameter(Position = 1, ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? Database { get; set; }

    /// <summary>The retention policy to read and write (InfluxDB 1.x, and the bucket mapping of 2.x). By default, the one in -Database db/rp or INFLUX_RETENTION_POLICY, otherwise the database's default. On InfluxDB 3 it selects the database db/rp, as the server's own 1.x API does.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? RetentionPolicy { get; set; }

    /// <summary>The token. A token from the environment is used only for the server that the environment names. Can't be combined with -Credential.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SecureString? Token { get; set; }

    /// <summary>The user name and password for Basic authentication (InfluxDB 1.x). Can't be combined with -Token.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The server's API. Auto detects it; V3Distributed is the API of InfluxDB Clustered, Cloud Dedicated and Cloud Serverless, V2 that of InfluxDB 2.x and Cloud (TSM).</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public InfluxApi Api { get; set; }

    /// <summary>A PEM or DER file of certificate authorities to trust in addition to the system's.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? CertificateAuthority { get; set; }

    /// <summary>The client certificate for a server that requires one: an X509Certificate2 with its private key, or the path of a PFX file or of a PEM file with certificate and key. The certificate from the environment (INFLUX_CLIENT_CERT, INFLUX_CLIENT_KEY) is used only for the server that the environment names.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNull]
    public ClientCertificate? ClientCertificate { get; set; }

    /// <summary>The password of the client certificate's file, or of the key in it.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SecureString? ClientCertificatePassword { get; set; }

    /// <summary>Accepts any server certificate. A man in the middle can then read the token.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The timeout in seconds for a response to begin, and for each further piece of it to arrive.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateRange(1, 86_400)]
    public int TimeoutSec { get; set; }

    /// <summary>The HTTP proxy to use instead of the system's.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public Uri? Proxy { get; set; }

    /// <summary>Allows the token to be sent to another host over unencrypted http.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SwitchParameter AllowUnencrypted { get; set; }

    /// <summary>InfluxDB 3: the maximum time range of one query, by default INFLUX_SLICE_LENGTH or 1d. A longer range is read in slices; a slice that the server refuses is halved.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [DurationTransformation]
    public TimeSpan? SliceLength { get; set; }

    /// <summary>InfluxDB 3: how far back to look for the latest samples and the list of VMs, by default INFLUX_LOOK_BACK or 7d. Initialize-VmStatsDatabase creates caches that keep values for the same time.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [DurationTransformation]
    public TimeSpan? LookBack { get; set; }

    /// <summary>Embedded store: how long telemetry is kept. Writes of this session delete older points, unless these are more than an eighth of all points (see Initialize-VmStatsDatabase). Dump records are kept. By default, everything is kept.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [DurationTransformation]
    public TimeSpan? RetentionPeriod { get; set; }

    /// <summary>The default hypervisor of cmdlets that use this connection: a libvirt URI or sim://fleet.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HypervisorUri { get; set; }

    /// <summary>Connects without checking that the server answers.</summary>
    [Parameter]
    public SwitchParameter NoProbe { get; set; }

    /// <summary>Returns the connection, to be passed to -Connection, and leaves the session's default connection unchanged.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void End()
    {
        VmStatsConnection connection = Compute(ConnectAsync);

        if (PassThru)
        {
            WriteObject(connection);
        }
        else
        {
            VmStatsSession.Current.SetDefault(connection);
        }
    }

    private async Task<VmStatsConnection> ConnectAsync(CommandOutput output, CancellationToken cancellationToken)
    {
        VmStatsConnection? before = PassThru ? null : await output.OnPipelineAsync(() => VmStatsSession.Current.Connected);
        try
        {
            (ConnectionOptions options, string source) = await output.OnPipelineAsync(Choose);
            VmStatsConnection connection = VmStatsSession.Open(options, source);
            connection.HypervisorUri = HypervisorUri;
            if (!NoProbe)
            {
                output.Verbose($"Asking {connection.Address}");
                await ProbeAsync(connection, cancellationToken);
            }

            return connection;
        }
        catch (VmStatsException) when (before is not null)
        {
            // Otherwise, a script that continues after the error would take the next results for those of the new store.
            output.Warning($"The session stays connected to {before}.");
            throw;
        }
    }

    private static async Task ProbeAsync(VmStatsConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Store.ProbeAsync(cancellationToken);
        }
        catch
        {
            await connection.CloseAsync();
            throw;
        }
    }

    private (ConnectionOptions Options, string Source) Choose()
    {
        if (Token is not null && Credential is not null)
        {
            throw new VmStatsException(
                ErrorIds.AuthenticationAmbiguous,
                VmStatsErrorKind.InvalidArgument,
                "-Token and -Credential can't be used together.",
                "Omit one of them: InfluxDB 3 and 2.x take a token, InfluxDB 1.x a user name and password.");
        }

        if (Path is not null)
        {
            string file = FilePaths.Resolve(SessionState.Path, Path);
            return (new ConnectionOptions { Url = StoreAddress.FromPath(file), UrlSource = "-Path", RetentionPeriod = RetentionPeriod }, "-Path");
        }

        ConnectionOptions environment = InfrastructureLoader.Current.ReadEnvironment().Connection;
        if (Url is null)
        {
            return (Override(environment), environment.UrlSource);
        }

        Uri url = StoreAddress.Parse(Url, "-Url");

        // A token belongs to the server it was configured with: the one from the environment is never sent to another server.
        bool sameServer = environment.Url is Uri known && Uri.Compare(
            known, url, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        ConnectionOptions start = sameServer
            ? environment
            : new ConnectionOptions
            {
                Timeout = environment.Timeout,
                CertificateAuthority = environment.CertificateAuthority,
                SliceLength = environment.SliceLength,
                LookBack = environment.LookBack,
                Organization = environment.Organization,
            };
        if (url.UserInfo.Length > 0)
        {
            start = start with { Token = null, UserName = null, Password = null };
        }

        return (Override(start with { Url = url, UrlSource = "-Url" }), "-Url");
    }

    // The retention policy from the environment belongs to the database from the environment.
    private string? PolicyFor(ConnectionOptions start)
    {
        DatabaseName known = DatabaseName.Of(start);
        return RetentionPolicy ?? (Database is null || Database == known.Database ? known.Policy : null);
    }

    private ClientCertificate? ChooseClientCertificate(ClientCertificate? start)
    {
        ClientCertificate? chosen = ClientCertificate is { Path: string path }
            ? ClientCertificate with { Path = FilePaths.Resolve(SessionState.Path, path) }
            : ClientCertificate ?? start;
        if (ClientCertificatePassword is null)
        {
            return chosen;
        }

        return chosen is { Path: not null }
            ? chosen with { Password = new Secret(new NetworkCredential("", ClientCertificatePassword).Password, "-ClientCertificatePassword") }
            : throw new VmStatsException(
                ErrorIds.ClientCertificateFileMissing,
                VmStatsErrorKind.InvalidArgument,
                "-ClientCertificatePassword is given, but no client certificate file to open with it.",
                "Name the file with -ClientCertificate or INFLUX_CLIENT_CERT; an X509Certificate2 needs no password.");
    }

    private ConnectionOptions Override(ConnectionOptions start) => start with
    {
        Database = Database ?? (start.Database is null ? null : DatabaseName.Of(start).Database),
        RetentionPolicy = PolicyFor(start),

        // Credentials given as parameters replace all of those from the environment.
        Token = Token is null ? (Credential is null ? start.Token : null) : new Secret(new NetworkCredential("", Token).Password, "-Token"),
        UserName = Credential?.UserName ?? (Token is null ? start.UserName : null),
        Password = Credential is null ? (Token is null ? start.Password : null) : new Secret(Credential.GetNetworkCredential().Password, "-Credential"),
        Api = MyInvocation.BoundParameters.ContainsKey(nameof(Api)) ? Api : start.Api,
        CertificateAuthority = CertificateAuthority is null
            ? start.CertificateAuthority
            : FilePaths.Resolve(SessionState.Path, CertificateAuthority),
        ClientCertificate = ChooseClientCertificate(start.ClientCertificate),
        SkipCertificateCheck = SkipCertificateCheck || start.SkipCertificateCheck,
        SliceLength = SliceLength ?? start.SliceLength,
        LookBack = LookBack ?? start.LookBack,
        Timeout = TimeoutSec > 0 ? TimeSpan.FromSeconds(TimeoutSec) : start.Timeout,
        Proxy = Proxy ?? start.Proxy,
        AllowUnencrypted = AllowUnencrypted || start.AllowUnencrypted,
    };
}
