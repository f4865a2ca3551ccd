using VmStats.Errors;

namespace VmStats.Configuration;

/// <summary>A database and one of its retention policies, as clients of InfluxDB 1.x write them: <c>db/rp</c>. In 2.x they map to a bucket.</summary>
/// <param name="Database">The database.</param>
/// <param name="Policy">The retention policy; null for the database's default.</param>
internal sealed record DatabaseName(string Database, string? Policy)
{
    /// <summary>The InfluxDB 3 database that its 1.x API writes to for these names.</summary>
    public string ForInfluxDB3 => Policy is null or "autogen" or "default" ? Database : ToString();

    /// <summary>Parses <c>db/rp</c>. Database names of 1.x don't contain a slash.</summary>
    public static DatabaseName Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < text.Length - 1 ? new DatabaseName(text[..slash], text[(slash + 1)..]) : new DatabaseName(text, null);
    }

    /// <summary>The database and the policy that a connection reads and writes.</summary>
    /// <exception cref="VmStatsException"><c>RetentionPolicyAmbiguous</c>: two different policies are named.</exception>
    public static DatabaseName Of(ConnectionOptions options)
    {
        DatabaseName name = Parse(options.Database ?? "");
        string? separate = string.IsNullOrEmpty(options.RetentionPolicy) ? null : options.RetentionPolicy;
        return name.Policy is null || separate is null || name.Policy == separate
            ? name with { Policy = name.Policy ?? separate }
            : throw new VmStatsException(
                ErrorIds.RetentionPolicyAmbiguous,
                VmStatsErrorKind.InvalidArgument,
                $"The database '{options.Database}' names the retention policy '{name.Policy}', and '{separate}' is given separately.",
                "Name the policy once: in the database (db/rp, as in INFLUX_DB and -Database), or separately (-RetentionPolicy, INFLUX_RETENTION_POLICY).",
                options.Database);
    }

    /// <summary>The name that is shown; spooled points and records are kept separately for each such name.</summary>
    public override string ToString() => Policy is null ? Database : $"{Database}/{Policy}";
}
