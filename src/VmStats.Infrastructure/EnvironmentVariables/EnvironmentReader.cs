using Microsoft.Extensions.Configuration;
using VmStats.Configuration;
using VmStats.Errors;

namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>Merges the three families of environment variables that the original's programs use into one set of settings.</summary>
internal sealed class EnvironmentReader(IConfiguration configuration)
{
    private const int MaxBatchLines = 1_000_000;
    private const int MaxParallelDumps = 64;

    private readonly EnvironmentValues _values = new(configuration);

    /// <summary>Creates a reader over a snapshot of this process's variables.</summary>
    public static EnvironmentReader FromProcess() => new(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <summary>Reads all variables.</summary>
    public VmStatsSettings Read()
    {
        VmStatsSettings defaults = new();
        return new VmStatsSettings
        {
            Connection = ReadConnection(),
            LibvirtUri = _values.Text("LIBVIRT_URI"),
            PollInterval = _values.Seconds("POLL_INTERVAL", defaults.PollInterval),
            BatchMaxLines = _values.Count("BATCH_MAX_LINES", defaults.BatchMaxLines, MaxBatchLines),
            BatchMaxTime = _values.Seconds("BATCH_MAX_SEC", defaults.BatchMaxTime),
            LibvirtTimeout = _values.Seconds("LIBVIRT_TIMEOUT", defaults.LibvirtTimeout),
            DumpDirectory = _values.Text("DUMP_DIR"),
            MaxParallelDumps = _values.Count("MAX_PARALLEL_DUMPS", defaults.MaxParallelDumps, MaxParallelDumps),
            MemoryDumpServiceUrl = _values.Text("MEMDUMP_SERVICE_URL") is string service
                ? EnvironmentUrl.ParseService("MEMDUMP_SERVICE_URL", service)
                : null,
            MemoryDumpServiceTimeout = _values.Seconds("MEMDUMP_SERVICE_TIMEOUT", defaults.MemoryDumpServiceTimeout),
        };
    }

    private ConnectionOptions ReadConnection()
    {
        ConnectionOptions defaults = new();
        (string Name, string Value)? url = _values.First(VariableFamily.All.SelectMany(family => family.Urls));
        (string Name, string Value)? database = _values.First(VariablesFor(url?.Value, family => family.Databases));
        (string Name, string Value)? token = _values.First(VariablesFor(url?.Value, family => family.Tokens));
        (string Name, string Value)? policy = _values.First(["INFLUX_RETENTION_POLICY"]);
        if (url is null && (token ?? database ?? policy) is { } orphan)
        {
            throw UrlMissing(orphan.Name);
        }

        if (database is { } named && policy is { } beside && DatabaseName.Parse(named.Value).Policy is { } own && own != beside.Value)
        {
            throw EnvironmentValues.Invalid(beside.Name, $"{named.Name} already names the policy '{own}'", $"'{own}'");
        }

        EnvironmentUrl? parsed = url is { } found ? EnvironmentUrl.ParseStore(found.Name, found.Value) : null;
        return defaults with
        {
            Url = parsed?.Url,
            UrlSource = url?.Name ?? defaults.UrlSource,
            UserName = parsed?.UserName,
            Password = parsed?.Password,
            Database = database?.Value,
            RetentionPolicy = policy?.Value,
            Organization = _values.Text("INFLUX_ORG"),
            Token = token is { } secret ? new Secret(secret.Value, secret.Name) : null,
            Api = _values.Choice("INFLUX_API", defaults.Api),
            CertificateAuthority = _values.First(["INFLUX_CA_FILE", "INFLUXDB3_TLS_CA"])?.Value,
            ClientCertificate = ReadClientCertificate(),
            SkipCertificateCheck = _values.Switch("INFLUXDB3_TLS_NO_VERIFY"),
            Timeout = _values.Seconds("INFLUX_TIMEOUT_S", defaults.Timeout),
            AllowUnencrypted = _values.Switch("INFLUX_ALLOW_UNENCRYPTED"),
            SliceLength = _values.Duration("INFLUX_SLICE_LENGTH", defaults.SliceLength),
            LookBack = _values.Duration("INFLUX_LOOK_BACK", defaults.LookBack),
        };
    }

    private ClientCertificate? ReadClientCertificate()
    {
        string? key = _values.Text("INFLUX_CLIENT_KEY");
        return _values.Text("INFLUX_CLIENT_CERT") is string path
            ? new ClientCertificate(path) { KeyPath = key, Source = "INFLUX_CLIENT_CERT" }
            : key is null ? null
            : throw EnvironmentValues.Invalid("INFLUX_CLIENT_KEY", "it is the key of the certificate in INFLUX_CLIENT_CERT, which isn't set", "a key, together with INFLUX_CLIENT_CERT");
    }

    /// <summary>
    /// Returns the variables that apply to a server, in order of precedence. A family whose URL names another server is left out,
    /// so that its token is not sent to this one.
    /// </summary>
    private IEnumerable<string> VariablesFor(string? url, Func<VariableFamily, string[]> select)
    {
        ILookup<string, VariableFamily> families = VariableFamily.All.ToLookup(
            family => _values.First(family.Urls) is not { } own ? "silent" : own.Value == url ? "same" : "other");
        IEnumerable<string> foreign = families["other"].SelectMany(select).Except(families["same"].SelectMany(select));
        return VariableFamily.All.SelectMany(select).Distinct().Except(foreign);
    }

    private static VmStatsException UrlMissing(string variable) => new(
        ErrorIds.UrlMissing,
        VmStatsErrorKind.InvalidArgument,
        $"{variable} is set, but no variable names the server that it belongs to.",
        "Set INFLUX_URL (or INFLUXDB3_HOST, INFLUX_HOST) to the server's URL; for the embedded store, remove the variable.",
        variable);
}
