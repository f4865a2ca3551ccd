namespace VmStats.Configuration;

/// <summary>
/// All settings of the environment, after the three families of variables are merged. Plain values; the defaults are
/// the original's.
/// </summary>
internal sealed record VmStatsSettings
{
    /// <summary>The store.</summary>
    public ConnectionOptions Connection { get; init; } = new();

    /// <summary>LIBVIRT_URI; null for libvirt's own default.</summary>
    public string? LibvirtUri { get; init; }

    /// <summary>POLL_INTERVAL, default 1 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>BATCH_MAX_LINES, default 2000 points.</summary>
    public int BatchMaxLines { get; init; } = 2000;

    /// <summary>BATCH_MAX_SEC, default 1 s.</summary>
    public TimeSpan BatchMaxTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>LIBVIRT_TIMEOUT, default 30 s.</summary>
    public TimeSpan LibvirtTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// DUMP_DIR; null for the default (the original's /var/lib/dashboard/dumps if it exists and is writable, otherwise
    /// the user's data folder).
    /// </summary>
    public string? DumpDirectory { get; init; }

    /// <summary>MAX_PARALLEL_DUMPS, default 2.</summary>
    public int MaxParallelDumps { get; init; } = 2;

    /// <summary>MEMDUMP_SERVICE_URL; used only when a cmdlet asks for the service.</summary>
    public Uri? MemoryDumpServiceUrl { get; init; }

    /// <summary>MEMDUMP_SERVICE_TIMEOUT, default 30 s.</summary>
    public TimeSpan MemoryDumpServiceTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
