namespace VmStats.Stores;

/// <summary>Receives the progress and warnings of a query. Called from any thread, between or during reads of rows; implementations must not block.</summary>
internal interface IQueryObserver
{
    /// <summary>Called when a slice of a query that is split by time has been read.</summary>
    void OnProgress(QueryProgress progress);

    /// <summary>Warns that the result may be incomplete in a way that the rows can't show.</summary>
    /// <param name="text">What may be missing, and how to get it.</param>
    void OnWarning(string text);

    /// <summary>Reports a detail for diagnosis: a problem that was found and compensated for.</summary>
    /// <param name="text">The problem and how it was handled.</param>
    void OnDetail(string text)
    {
    }
}

/// <summary>The progress of a query that is split into slices of time.</summary>
/// <param name="Measurement">The measurement that is read.</param>
/// <param name="Done">Slices that have been read completely.</param>
/// <param name="Total">All slices; a slice that had to be halved counts as one.</param>
internal sealed record QueryProgress(string Measurement, int Done, int Total);
