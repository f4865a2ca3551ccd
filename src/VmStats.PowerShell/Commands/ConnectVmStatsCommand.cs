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
/// Without parameters, what the environment names (INFLUX_URL, INFLUX_DB, INFLUX_TOKEN and their kin). The server is
/// asked once whether it answers, unless -NoProbe is given. The token of the environment never goes to another server
/// than the one that the environment names. A connection that fails changes nothing: the session goes on with the store
/// that it had, and a warning names it.
/// </remarks>
/// <example>
/// <code>Connect-VmStats https://influx.example.org:8181 vms -Token (Read-Host -AsSecureString)</code>
/// InfluxDB 3, with a token that appears in no history.
/// </example>
/// <example>
/// <code>Connect-VmStats -Path ./lab.db -HypervisorUri sim://fleet?vms=20</code>
/// An embedded store and a simulated fleet, for trying things out.
/// </example>
[Cmdlet(VerbsCommunications.Connect, "VmStats", DefaultParameterSetName = UrlSet)]
[OutputType(typeof(VmStatsConnection))]
public sealed class ConnectVmStatsCommand : VmStatsCmdletBase
{
    private const string UrlSet = "Url";
    private const string PathSet = "Path";

    /// <summary>http: or https: for InfluxDB, file: for an embedded store. Without it, the one that the environment names.</summary>
    [Parameter(Position = 0, ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? Url { get; set; }

    /// <summary>The file of an embedded store; made where it does not exist.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The database (InfluxDB 1.x and 3) or bucket (2.x). With a retention policy as clients of 1.x write it: db/rp.</summary>
    [Parameter(Position = 1, ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? Database { get; set; }

    /// <summary>The retention policy (InfluxDB 1.x, and what 2.x maps to a bucket) that is read and written. Without it, that of -Database db/rp or of INFLUX_RETENTION_POLICY, else the database's default. On InfluxDB 3 it names the database db/rp, as its own 1.x API does.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? RetentionPolicy { get; set; }

    /// <summary>The token. The environment's is used only for the server that the environment names. Not together with -Credential.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SecureString? Token { get; set; }

    /// <summary>User and password for Basic authentication (InfluxDB 1.x). Not together with -Token.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The server's API. Auto asks the server; V3Distributed is that of InfluxDB Clustered, Cloud Dedicated and Cloud Serverless, V2 that of InfluxDB 2.x and Cloud (TSM).</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public InfluxApi Api { get; set; }

    /// <summary>A PEM or DER file of certificate authorities to trust besides the system's.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNullOrEmpty]
    public string? CertificateAuthority { get; set; }

    /// <summary>The certificate for a server that asks its clients for one: an X509Certificate2 with its private key, or the path of a PFX file or of a PEM file with certificate and key. The environment's (INFLUX_CLIENT_CERT, INFLUX_CLIENT_KEY) is used only for the server that the environment names.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateNotNull]
    public ClientCertificate? ClientCertificate { get; set; }

    /// <summary>The password of the client certificate's file, or of the key in it.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SecureString? ClientCertificatePassword { get; set; }

    /// <summary>Accepts any certificate of the server. Whoever stands between can read the token.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>Longest wait in seconds for an answer, and for each piece of it.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [ValidateRange(1, 86_400)]
    public int TimeoutSec { get; set; }

    /// <summary>An HTTP proxy instead of the system's.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public Uri? Proxy { get; set; }

    /// <summary>Lets the token go over plain http to another host.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    public SwitchParameter AllowUnencrypted { get; set; }

    /// <summary>InfluxDB 3: the longest range that one query asks for, INFLUX_SLICE_LENGTH or 1d by default. A longer one is read in slices; slices that the server refuses are halved.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [DurationTransformation]
    public TimeSpan? SliceLength { get; set; }

    /// <summary>InfluxDB 3: how far back the latest samples and the list of VMs are looked for, INFLUX_LOOK_BACK or 7d by default. Initialize-VmStatsDatabase makes caches that keep as much.</summary>
    [Parameter(ParameterSetName = UrlSet)]
    [DurationTransformation]
    public TimeSpan? LookBack { get; set; }

    /// <summary>Embedded store: how long telemetry is kept; this session's writes prune what is older, unless that is more than an eighth of all points (see Initialize-VmStatsDatabase). Records of dumps stay. Without it, all is kept.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [DurationTransformation]
    public TimeSpan? RetentionPeriod { get; set; }

    /// <summary>The hypervisor that cmdlets use with this connection when none is given: a libvirt URI or sim://fleet.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HypervisorUri { get; set; }

    /// <summary>Does not ask the server whether it answers.</summary>
    [Parameter]
    public SwitchParameter NoProbe { get; set; }

    /// <summary>Puts out the connection, for -Connection, and leaves the session's default as it is.</summary>
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
            // A script that goes on after the error would otherwise take the next answer for the new store's.
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
                "-Token and -Credential are both given, and a server is asked with one of them only.",
                "Leave one away: InfluxDB 3 and 2.x take a token, InfluxDB 1.x user and password.");
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

        // A token is for the server that it was given with: the environment's never goes to another one.
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

    // The environment's policy is one of the environment's database.
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
                "-ClientCertificatePassword is given, but no file of a client certificate that it would open.",
                "Name the file by -ClientCertificate or INFLUX_CLIENT_CERT; an X509Certificate2 is open already.");
    }

    private ConnectionOptions Override(ConnectionOptions start) => start with
    {
        Database = Database ?? (start.Database is null ? null : DatabaseName.Of(start).Database),
        RetentionPolicy = PolicyFor(start),

        // Who says here how to authenticate doesn't mean what the environment says.
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
