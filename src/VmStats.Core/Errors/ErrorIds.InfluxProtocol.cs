namespace VmStats.Errors;

/// <content>InfluxDB: protocol</content>
internal static partial class ErrorIds
{
    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxAcceptUnknown = nameof(InfluxAcceptUnknown);

    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxContentTypeWanted = nameof(InfluxContentTypeWanted);

    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxContentEncodingUnknown = nameof(InfluxContentEncodingUnknown);

    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxBodyMalformed = nameof(InfluxBodyMalformed);

    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxArgumentMalformed = nameof(InfluxArgumentMalformed);

    /// <summary>The module is incompatible with this version of the server; please report it with the server's version.</summary>
    public const string InfluxArgumentMissing = nameof(InfluxArgumentMissing);

    /// <summary>Check the URL (no path is needed), and the server's kind: -Api or INFLUX_API sets it if the module detects it wrongly.</summary>
    public const string InfluxEndpointNotFound = nameof(InfluxEndpointNotFound);

    /// <summary>Check the URL, and the server's kind: -Api or INFLUX_API sets it if the module detects it wrongly.</summary>
    public const string InfluxMethodNotAllowed = nameof(InfluxMethodNotAllowed);
}
