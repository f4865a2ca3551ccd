namespace VmStats.Stores.Influx.Http;

/// <summary>The products of InfluxData under the name InfluxDB, as far as a server identifies itself.</summary>
public enum InfluxProduct
{
    /// <summary>The server only reveals its API.</summary>
    Unknown,

    /// <summary>InfluxDB 1.x.</summary>
    InfluxDB1,

    /// <summary>InfluxDB 2.x.</summary>
    InfluxDB2,

    /// <summary>InfluxDB 3 Core.</summary>
    Core,

    /// <summary>InfluxDB 3 Enterprise.</summary>
    Enterprise,

    /// <summary>InfluxDB Clustered or InfluxDB Cloud Dedicated, which can't be distinguished.</summary>
    ClusteredOrDedicated,

    /// <summary>InfluxDB Cloud Dedicated.</summary>
    CloudDedicated,

    /// <summary>InfluxDB Cloud Serverless.</summary>
    CloudServerless,

    /// <summary>InfluxDB Cloud (TSM).</summary>
    CloudTsm,
}
