using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Asks a server for the columns of its measurements.</summary>
internal interface ISchemaReader
{
    /// <summary>True for a server that says nothing of a column that isn't there, and gives absent values.</summary>
    bool IsSilent { get; }

    /// <summary>The columns, or null when there is no such measurement.</summary>
    ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken);
}
