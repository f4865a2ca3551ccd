namespace VmStats.Errors;

/// <content>InfluxDB: points</content>
internal static partial class ErrorIds
{
    /// <summary>Write the field with the type that the table has.</summary>
    public const string InfluxFieldTypeConflict = nameof(InfluxFieldTypeConflict);

    /// <summary>Write each field once per point.</summary>
    public const string InfluxDuplicateField = nameof(InfluxDuplicateField);

    /// <summary>Write each tag once per point.</summary>
    public const string InfluxDuplicateTag = nameof(InfluxDuplicateTag);

    /// <summary>The points are older than the database keeps them; lengthen its retention to write them.</summary>
    public const string InfluxBeyondRetention = nameof(InfluxBeyondRetention);

    /// <summary>Shorten the tag values: a series' key has at most 65,535 bytes.</summary>
    public const string InfluxKeyTooLong = nameof(InfluxKeyTooLong);

    /// <summary>Write at least one point with a field.</summary>
    public const string InfluxWriteEmpty = nameof(InfluxWriteEmpty);

    /// <summary>The other points are stored; the message says what is wrong with these.</summary>
    public const string InfluxPartialWrite = nameof(InfluxPartialWrite);

    /// <summary>Nothing of this batch was stored; the message names the line.</summary>
    public const string InfluxLineProtocolInvalid = nameof(InfluxLineProtocolInvalid);
}
