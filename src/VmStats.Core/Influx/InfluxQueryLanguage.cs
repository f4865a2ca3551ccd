namespace VmStats;

/// <summary>The languages that InfluxDB is asked in.</summary>
public enum InfluxQueryLanguage
{
    /// <summary>SQL, of InfluxDB 3.</summary>
    Sql,

    /// <summary>InfluxQL, of every InfluxDB.</summary>
    InfluxQL,
}
