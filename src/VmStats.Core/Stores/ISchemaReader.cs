using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Queries a server for the columns of its measurements.</summary>
internal interface ISchemaReader
{
    /// <summary>True for a server that returns absent values for an unknown column instead of an error.</summary>
    bool IsSilent { get; }

    /// <summary>Returns the columns of a measurement, or null if it doesn't exist.</summary>
    ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken);
}
