namespace VmStats.Configuration;

/// <summary>Which HTTP API an InfluxDB server is spoken to by.</summary>
public enum InfluxApi
{
    /// <summary>Ask the server.</summary>
    Auto,

    /// <summary>InfluxDB 3: SQL.</summary>
    V3,

    /// <summary>InfluxDB 2.x: InfluxQL through its 1.x API.</summary>
    V2,

    /// <summary>InfluxDB 1.x: InfluxQL.</summary>
    V1,

    /// <summary>InfluxDB Clustered, Cloud Dedicated and Cloud Serverless, which have no API of InfluxDB 3 Core's: InfluxQL, and writes by the API of 2.x.</summary>
    V3Distributed,
}

/// <summary>Where a store is and how it is reached: all that Connect-VmStats and the environment can say of it.</summary>
public sealed record ConnectionOptions
{
    private static readonly TimeSpan s_leastSlice = TimeSpan.FromMinutes(10);
    private readonly TimeSpan _sliceLength = TimeSpan.FromDays(1);

    /// <summary><c>http:</c> or <c>https:</c> for InfluxDB, <c>file:</c> for an embedded store; null for the embedded store in the user's data folder.</summary>
    public Uri? Url { get; init; }

    /// <summary>Where <see cref="Url"/> came from, for messages.</summary>
    public string UrlSource { get; init; } = "default";

    /// <summary>The database (1.x, 3) or bucket (2.x).</summary>
    public string? Database { get; init; }

    /// <summary>The retention policy (1.x, and what 2.x maps to a bucket) that is read and written; null for the database's default. The database may name it, too: <c>db/rp</c>.</summary>
    public string? RetentionPolicy { get; init; }

    /// <summary>The organisation (2.x), by name or id; null for the only one that the token sees.</summary>
    public string? Organization { get; init; }

    /// <summary>The token, or null.</summary>
    public Secret? Token { get; init; }

    /// <summary>User name for Basic authentication (1.x), or null.</summary>
    public string? UserName { get; init; }

    /// <summary>Password that goes with <see cref="UserName"/>.</summary>
    public Secret? Password { get; init; }

    /// <summary>The API, or Auto to find out.</summary>
    public InfluxApi Api { get; init; }

    /// <summary>PEM or DER file of certificate authorities to trust besides the system's, or null.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The certificate for a server that asks its clients for one, or null.</summary>
    public ClientCertificate? ClientCertificate { get; init; }

    /// <summary>Accept any server certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>Longest wait for an answer's headers, and for each piece of its body.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>HTTP proxy, or null for the system's.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Allow a token over plain http to a host other than this one.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>
    /// InfluxDB 3: the longest range that one query asks for, before the server's refusals halve it. InfluxDB 3 Core reads
    /// 432 files a query, of ten minutes each where no point came late: 72 hours at best. A day leaves three files for
    /// each ten minutes, and every bucket that divides a day fits into it. Ten minutes at least; less is taken for that.
    /// </summary>
    public TimeSpan SliceLength
    {
        get => _sliceLength;
        init => _sliceLength = value < s_leastSlice ? s_leastSlice : value;
    }

    /// <summary>
    /// InfluxDB 3 without caches, and its distributed editions always: how far back the latest samples and the list of VMs are looked for in a table that is too
    /// large to be read in one query. A VM that has been silent for longer is not listed.
    /// </summary>
    public TimeSpan LookBack { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Embedded store: how long telemetry is kept; null for ever. Records of dumps are kept for ever.</summary>
    public TimeSpan? RetentionPeriod { get; init; }

    /// <summary>Embedded store: the longest wait for another program that holds the file; null for the usual one.</summary>
    internal TimeSpan? LockTimeout { get; init; }

    /// <summary>With the user and the password that stand in the URL, where nothing else says who asks.</summary>
    internal ConnectionOptions WithUserOfUrl()
    {
        if (Url is null || !Url.IsAbsoluteUri || Url.UserInfo.Length == 0 || UserName is not null || Token is not null)
        {
            return this;
        }

        (string? user, string? password) = UrlText.UserOf(Url);
        return this with { UserName = user, Password = new Secret(password ?? "", $"the URL (from {UrlSource})") };
    }
}
