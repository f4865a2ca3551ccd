namespace VmStats;

/// <summary>The query languages of InfluxDB.</summary>
public enum InfluxQueryLanguage
{
    /// <summary>SQL, supported by InfluxDB 3.</summary>
    Sql,

    /// <summary>InfluxQL, supported by every version of InfluxDB.</summary>
    InfluxQL,
}
