namespace VmStats;

/// <summary>The query languages of InfluxDB.</summary>
public enum InfluxQueryLanguage
{
    /// <summary>SQL, of InfluxDB 3.</summary>
    Sql,

    /// <summary>InfluxQL, of every InfluxDB.</summary>
    InfluxQL,
}
