namespace VmStats.Configuration;

/// <summary>What VmStats does with an environment variable.</summary>
/// <param name="Name">The variable's name.</param>
/// <param name="Meaning">What it says; for an ignored one, what it said in the original.</param>
/// <param name="Default">What holds when it isn't set; null where there is no default.</param>
/// <param name="IsUsed">False for a variable of the original that has no effect here.</param>
/// <param name="Remark">For an ignored variable the reason; else what else is worth knowing, or null.</param>
public sealed record EnvironmentVariable(string Name, string Meaning, string? Default, bool IsUsed, string? Remark);

/// <summary>
/// Every environment variable of the original system, of InfluxDB 3's own command line and of VmStats, in the order in
/// which they are looked at: INFLUX_*, then INFLUXDB3_*, then the INFLUX_HOST family. An empty variable counts as not set.
/// </summary>
public static class EnvironmentVariableCatalog
{
    /// <summary>All variables.</summary>
    public static IReadOnlyList<EnvironmentVariable> All { get; } =
    [
        Used("INFLUX_URL", "The store: http:// or https:// for InfluxDB, file:/// for an embedded store", "embedded store in the user's data folder", "A host without a scheme is taken as http://; a user and password in it are used for Basic authentication."),
        Used("INFLUX_DB", "Database (1.x, 3) or bucket (2.x); db/rp names a retention policy, too", null, "Without any URL it is an error."),
        Used("INFLUX_RETENTION_POLICY", "Retention policy (1.x, and what 2.x maps to a bucket) that is read and written", "the database's default", "Together with INFLUX_DB=db/rp both must name the same. On InfluxDB 3 it names the database db/rp, as its own 1.x API does."),
        Used("INFLUX_TOKEN", "Token", null, "Belongs to the INFLUX_HOST family too. Without any URL it is an error. A family that names another server keeps its token and database to itself."),
        Used("INFLUX_API", "Auto, V1, V2, V3 or V3Distributed: which API the server is spoken to by", "Auto", null),
        Used("INFLUX_CA_FILE", "PEM or DER file of certificate authorities to trust besides the system's", null, null),
        Used("INFLUX_CLIENT_CERT", "PEM file of the certificate for a server that asks its clients for one", null, "May have the key in it, or be a PFX file without a password. Only for the server that the environment names."),
        Used("INFLUX_CLIENT_KEY", "PEM file of the private key of INFLUX_CLIENT_CERT, not encrypted", null, null),
        Used("INFLUX_TIMEOUT_S", "Longest wait for an answer, in seconds", "30", "The original's dump service waited 10 s."),
        Used("INFLUX_ALLOW_UNENCRYPTED", "1 or true: a token may go over plain http to another host", "0", null),
        Used("INFLUX_SLICE_LENGTH", "InfluxDB 3: the longest range that one query asks for, such as 12h or 1d", "1d", null),
        Used("INFLUX_LOOK_BACK", "InfluxDB 3: how far back the latest samples and the list of VMs are looked for, such as 7d", "7d", null),
        Used("INFLUXDB3_HOST", "As INFLUX_URL, after it", null, "A host without a scheme is taken as http://."),
        Used("INFLUXDB3_HOST_URL", "As INFLUXDB3_HOST, after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_DATABASE", "As INFLUX_DB, after it", null, null),
        Used("INFLUXDB3_DATABASE_NAME", "As INFLUXDB3_DATABASE, after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TOKEN", "As INFLUX_TOKEN, after it", null, null),
        Used("INFLUXDB3_AUTH_TOKEN", "As INFLUXDB3_TOKEN, after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TLS_CA", "As INFLUX_CA_FILE, after it (InfluxDB's own command line)", null, null),
        Used("INFLUXDB3_TLS_NO_VERIFY", "1 or true: any server certificate is accepted (InfluxDB's own command line)", "0", null),
        Used("INFLUX_HOST", "As INFLUX_URL, after the INFLUXDB3 family", null, "A host without a scheme is taken as http://."),
        Used("INFLUX_DATABASE", "As INFLUX_DB, after the INFLUXDB3 family", null, null),
        Used("INFLUX_BUCKET", "As INFLUX_DATABASE, after it", null, null),
        Used("INFLUX_ORG", "Organisation of InfluxDB 2.x, by name or id, in which Initialize-VmStatsDatabase makes buckets", "the only one that the token sees", "Nothing else asks for it: 2.x is read and written by its 1.x API."),
        Used("LIBVIRT_URI", "The hypervisor; sim:// for a simulated fleet", "libvirt's own default", null),
        Used("LIBVIRT_TIMEOUT", "Longest wait for the hypervisor, in seconds", "30", null),
        Used("POLL_INTERVAL", "Seconds between two collections", "1", null),
        Used("BATCH_MAX_LINES", "Points sent at once, at most", "2000", null),
        Used("BATCH_MAX_SEC", "Longest time a point waits for its batch, in seconds", "1", null),
        Ignored("DEVICE_CACHE_TTL", "How long the original kept a VM's list of devices", "One bulk call brings the counters and the devices; there is no list to keep."),
        Used("DUMP_DIR", "Folder of memory dumps", "/var/lib/dashboard/dumps where it can be written, else the user's data folder", null),
        Used("MAX_PARALLEL_DUMPS", "Memory dumps taken at the same time", "2", null),
        Ignored("MEMDUMP_LOG_DIR", "Folder of the original dump script's logs", "What happens goes to PowerShell's streams, what was done to the dump's record and ledger."),
        Used("MEMDUMP_SERVICE_URL", "The original's dump service", null, "Used only when a cmdlet asks for the service by name."),
        Used("MEMDUMP_SERVICE_TIMEOUT", "Longest wait for the dump service, in seconds", "30", null),
        Ignored("INFLUX_BACKLOG_PATH", "File in which the original's dump service left unsent records", "Unsent points and records wait in a spool of their store, and are sent by whatever runs next."),
    ];

    private static EnvironmentVariable Used(string name, string meaning, string? ifUnset, string? remark) =>
        new(name, meaning, ifUnset, true, remark);

    private static EnvironmentVariable Ignored(string name, string meaning, string reason) =>
        new(name, meaning, null, false, reason);
}
