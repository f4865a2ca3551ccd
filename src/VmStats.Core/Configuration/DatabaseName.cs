namespace VmStats.Configuration;

/// <summary>A database and a retention policy in it, as clients of InfluxDB 1.x write them: <c>db/rp</c>. In 2.x they stand for a bucket.</summary>
/// <param name="Database">The database.</param>
/// <param name="Policy">The policy; null for the database's default.</param>
internal sealed record DatabaseName(string Database, string? Policy)
{
    /// <summary>The database of InfluxDB 3 that its 1.x API writes to under these names.</summary>
    public string ForInfluxDB3 => Policy is null or "autogen" or "default" ? Database : ToString();

    /// <summary>Takes <c>db/rp</c> apart. No database of 1.x has a slash in its name.</summary>
    public static DatabaseName Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < text.Length - 1 ? new DatabaseName(text[..slash], text[(slash + 1)..]) : new DatabaseName(text, null);
    }

    /// <summary>What a connection reads and writes.</summary>
    /// <exception cref="VmStatsException"><c>RetentionPolicyAmbiguous</c>: two policies are named.</exception>
    public static DatabaseName Of(ConnectionOptions options)
    {
        DatabaseName name = Parse(options.Database ?? "");
        string? beside = string.IsNullOrEmpty(options.RetentionPolicy) ? null : options.RetentionPolicy;
        return name.Policy is null || beside is null || name.Policy == beside
            ? name with { Policy = name.Policy ?? beside }
            : throw new VmStatsException(
                "RetentionPolicyAmbiguous",
                VmStatsErrorKind.InvalidArgument,
                $"The database '{options.Database}' names the retention policy '{name.Policy}', and '{beside}' is given beside it.",
                "Name the policy once: in the database (db/rp, as in INFLUX_DB and -Database), or beside it (-RetentionPolicy, INFLUX_RETENTION_POLICY).",
                options.Database);
    }

    /// <summary>As it is shown, and as what waits for it is kept apart.</summary>
    public override string ToString() => Policy is null ? Database : $"{Database}/{Policy}";
}
