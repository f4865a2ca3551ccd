namespace VmStats.Configuration;

/// <summary>Describes an environment variable and how VmStats uses it.</summary>
/// <param name="Name">The variable's name.</param>
/// <param name="Meaning">Its meaning; for an ignored variable, its meaning in the original.</param>
/// <param name="Default">The value that applies when it isn't set; null if there is no default.</param>
/// <param name="IsUsed">False for a variable of the original that has no effect here.</param>
/// <param name="Remark">For an ignored variable the reason; otherwise additional information, or null.</param>
internal sealed record EnvironmentVariable(string Name, string Meaning, string? Default, bool IsUsed, string? Remark);

/// <summary>
/// All environment variables of the original system, of InfluxDB 3's own command line and of VmStats, in order of
/// precedence: INFLUX_*, then INFLUXDB3_*, then the INFLUX_HOST family. An empty variable counts as not set.
/// </summary>
internal static class EnvironmentVariableCatalog
{
    /// <summary>All variables.</summary>
    public static IReadOnlyList<EnvironmentVariable> All { get; } =
    [
        Used("INFLUX_URL", "The store: http:// or https:// for InfluxDB, file:/// for an embedded store", "embedded store in the user's data folder", "A host without a scheme is taken as http://; a user and password in the URL are used for Basic authentication."),
        Used("INFLUX_DB", "Database (1.x, 3) or bucket (2.x); db/rp also names a retention policy", null, "It is an error without a URL."),
        Used("INFLUX_RETENTION_POLICY", "Retention policy (1.x, and the bucket mapping of 2.x) that is read and written", "the database's default", "If INFLUX_DB=db/rp is set, both must name the same policy. On InfluxDB 3 it names the database db/rp, as its own 1.x API does."),
        Used("INFLUX_TOKEN", "Token", null, "Belongs to the INFLUX_HOST family too. It is an error without a URL. If a family names another server, its token and database are used only for that server."),
        Used("INFLUX_API", "Auto, V1, V2, V3 or V3Distributed: the API that is used with the server", "Auto", null),
        Used("INFLUX_CA_FILE", "PEM or DER file of certificate authorities to trust in addition to the system's", null, null),
        Used("INFLUX_CLIENT_CERT", "PEM file of the client certificate for a server that requires one", null, "May contain the key, or be a PFX file without a password. Used only for the server that the environment names."),
        Used("INFLUX_CLIENT_KEY", "PEM file of the private key of INFLUX_CLIENT_CERT, not encrypted", null, null),
        Used("INFLUX_TIMEOUT_S", "Timeout for a response, in seconds", "30", "The original's dump service waited 10 s."),
        Used("INFLUX_ALLOW_UNENCRYPTED", "1 or true: a token may be sent over plain http to another host", "0", null),
        Used("INFLUX_SLICE_LENGTH", "InfluxDB 3: maximum time range of one query, such as 12h or 1d", "1d", null),
        Used("INFLUX_LOOK_BACK", "InfluxDB 3: how far back to look for the latest samples and the list of VMs, such as 7d", "7d", null),
        Used("INFLUXDB3_HOST", "As INFLUX_URL, used after it", null, "A host without a scheme is taken as http://."),
        Used("INFLUXDB3_HOST_URL", "As INFLUXDB3_HOST, used after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_DATABASE", "As INFLUX_DB, used after it", null, null),
        Used("INFLUXDB3_DATABASE_NAME", "As INFLUXDB3_DATABASE, used after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TOKEN", "As INFLUX_TOKEN, used after it", null, null),
        Used("INFLUXDB3_AUTH_TOKEN", "As INFLUXDB3_TOKEN, used after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TLS_CA", "As INFLUX_CA_FILE, used after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TLS_NO_VERIFY", "1 or true: any server certificate is accepted (InfluxDB's own command line)", "0", null),
        Used("INFLUX_HOST", "As INFLUX_URL, used after the INFLUXDB3 family", null, "A host without a scheme is taken as http://."),
        Used("INFLUX_DATABASE", "As INFLUX_DB, used after the INFLUXDB3 family", null, null),
        Used("INFLUX_BUCKET", "As INFLUX_DATABASE, used after it", null, null),
        Used("INFLUX_ORG", "Organisation of InfluxDB 2.x, by name or id, in which Initialize-VmStatsDatabase creates buckets", "the only one that the token has access to", "Not needed otherwise: 2.x is read and written through its 1.x API."),
        Used("LIBVIRT_URI", "The hypervisor; sim:// for a simulated fleet", "libvirt's own default", null),
        Used("LIBVIRT_TIMEOUT", "Timeout for the hypervisor, in seconds", "30", null),
        Used("POLL_INTERVAL", "Seconds between two collections", "1", null),
        Used("BATCH_MAX_LINES", "Maximum number of points in a batch", "2000", null),
        Used("BATCH_MAX_SEC", "Maximum time that a point waits for its batch, in seconds", "1", null),
        Ignored("DEVICE_CACHE_TTL", "How long the original cached a VM's list of devices", "One bulk call returns the counters and the devices, so no list is cached."),
        Used("DUMP_DIR", "Folder of memory dumps", "/var/lib/dashboard/dumps if it is writable, otherwise the user's data folder", null),
        Used("MAX_PARALLEL_DUMPS", "Maximum number of memory dumps at the same time", "2", null),
        Ignored("MEMDUMP_LOG_DIR", "Folder of the original dump script's logs", "Messages go to PowerShell's streams; actions are recorded in the dump's record and ledger."),
        Used("MEMDUMP_SERVICE_URL", "The original's dump service", null, "Used only when a cmdlet asks for the service by name."),
        Used("MEMDUMP_SERVICE_TIMEOUT", "Timeout for the dump service, in seconds", "30", null),
        Ignored("INFLUX_BACKLOG_PATH", "File in which the original's dump service stored unsent records", "Unsent points and records wait in a spool for their store, and are sent by the next process that uses it."),
    ];

    private static EnvironmentVariable Used(string name, string meaning, string? ifUnset, string? remark) =>
        new(name, meaning, ifUnset, true, remark);

    private static EnvironmentVariable Ignored(string name, string meaning, string reason) =>
        new(name, meaning, null, false, reason);
}
