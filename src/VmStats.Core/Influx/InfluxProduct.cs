namespace VmStats.Influx;

/// <summary>The products that InfluxData sells or gives away under the name InfluxDB, as far as a server tells.</summary>
public enum InfluxProduct
{
    /// <summary>It doesn't tell more than its API.</summary>
    Unknown,

    /// <summary>InfluxDB 1.x.</summary>
    InfluxDB1,

    /// <summary>InfluxDB 2.x.</summary>
    InfluxDB2,

    /// <summary>InfluxDB 3 Core.</summary>
    Core,

    /// <summary>InfluxDB 3 Enterprise.</summary>
    Enterprise,

    /// <summary>InfluxDB Clustered or InfluxDB Cloud Dedicated, which answer alike.</summary>
    ClusteredOrDedicated,

    /// <summary>InfluxDB Cloud Dedicated.</summary>
    CloudDedicated,

    /// <summary>InfluxDB Cloud Serverless.</summary>
    CloudServerless,

    /// <summary>InfluxDB Cloud (TSM).</summary>
    CloudTsm,
}
