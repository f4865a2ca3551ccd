namespace VmStats.Configuration;

/// <summary>The HTTP API that is used with an InfluxDB server.</summary>
public enum InfluxApi
{
    /// <summary>Detect it.</summary>
    Auto,

    /// <summary>InfluxDB 3: SQL.</summary>
    V3,

    /// <summary>InfluxDB 2.x: InfluxQL through its 1.x API.</summary>
    V2,

    /// <summary>InfluxDB 1.x: InfluxQL.</summary>
    V1,

    /// <summary>
    /// InfluxDB Clustered, Cloud Dedicated and Cloud Serverless, which don't have the API of InfluxDB 3 Core: InfluxQL,
    /// and writes through the API of 2.x.
    /// </summary>
    V3Distributed,
}

/// <summary>The address of a store and how to connect to it: all settings that Connect-VmStats and the environment can provide.</summary>
internal sealed record ConnectionOptions
{
    private static readonly TimeSpan s_minimumSlice = TimeSpan.FromMinutes(10);
    private readonly TimeSpan _sliceLength = TimeSpan.FromDays(1);

    /// <summary><c>http:</c> or <c>https:</c> for InfluxDB, <c>file:</c> for an embedded store; null for the embedded store in the user's data folder.</summary>
    public Uri? Url { get; init; }

    /// <summary>The source of <see cref="Url"/>, for messages.</summary>
    public string UrlSource { get; init; } = "default";

    /// <summary>The database (1.x, 3) or bucket (2.x).</summary>
    public string? Database { get; init; }

    /// <summary>
    /// The retention policy (1.x, and the bucket mapping of 2.x) that is read and written; null for the database's
    /// default. It can also be part of the database name: <c>db/rp</c>.
    /// </summary>
    public string? RetentionPolicy { get; init; }

    /// <summary>The organisation (2.x), by name or id; null for the only one that the token has access to.</summary>
    public string? Organization { get; init; }

    /// <summary>The token, or null.</summary>
    public Secret? Token { get; init; }

    /// <summary>User name for Basic authentication (1.x), or null.</summary>
    public string? UserName { get; init; }

    /// <summary>The password for <see cref="UserName"/>.</summary>
    public Secret? Password { get; init; }

    /// <summary>The API, or Auto to detect it.</summary>
    public InfluxApi Api { get; init; }

    /// <summary>A PEM or DER file of certificate authorities to trust in addition to the system's, or null.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The client certificate for a server that requires one, or null.</summary>
    public ClientCertificate? ClientCertificate { get; init; }

    /// <summary>True to accept any server certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>Maximum time to wait for a response's headers, and for each part of its body.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>HTTP proxy, or null for the system's.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>True to allow sending a token over plain http to another host.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>
    /// InfluxDB 3: the maximum time range of one query, which is halved when the server refuses a query. InfluxDB 3
    /// Core reads up to 432 files per query, of ten minutes each if no point arrived late: 72 hours at best. A day
    /// allows three files for each ten minutes, and every bucket that divides a day fits into it. The minimum is ten
    /// minutes; smaller values are raised to it.
    /// </summary>
    public TimeSpan SliceLength
    {
        get => _sliceLength;
        init => _sliceLength = value < s_minimumSlice ? s_minimumSlice : value;
    }

    /// <summary>
    /// InfluxDB 3 without caches, and its distributed editions always: how far back to look for the latest samples and
    /// the list of VMs in a table that is too large to be read in one query. A VM without samples in that time is not
    /// listed.
    /// </summary>
    public TimeSpan LookBack { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Embedded store: how long telemetry is kept; null for ever. Dump records are always kept for ever.</summary>
    public TimeSpan? RetentionPeriod { get; init; }

    /// <summary>Embedded store: maximum time to wait for another process that has locked the file; null for the default.</summary>
    internal TimeSpan? LockTimeout { get; init; }

    /// <summary>Returns these options with the user and password in the URL, unless other credentials are set.</summary>
    internal ConnectionOptions WithUrlCredentials()
    {
        if (Url is null || !Url.IsAbsoluteUri || Url.UserInfo.Length == 0 || UserName is not null || Token is not null)
        {
            return this;
        }

        (string? user, string? password) = UrlText.UserOf(Url);
        return this with { UserName = user, Password = new Secret(password ?? "", $"the URL (from {UrlSource})") };
    }
}
