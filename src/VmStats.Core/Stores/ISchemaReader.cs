using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Asks a server for the columns of its measurements.</summary>
internal interface ISchemaReader
{
    /// <summary>True for a server that returns absent values for an unknown column instead of an error.</summary>
    bool IsSilent { get; }

    /// <summary>The columns, or null when there is no such measurement.</summary>
    ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken);
}
