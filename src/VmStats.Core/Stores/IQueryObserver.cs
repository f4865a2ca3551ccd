namespace VmStats.Stores;

/// <summary>Receives the progress and warnings of a query. Called from any thread, between or during reads of rows; implementations must not block.</summary>
internal interface IQueryObserver
{
    /// <summary>A part of a query that was cut into slices is done.</summary>
    void OnProgress(QueryProgress progress);

    /// <summary>Warns that the result may be incomplete in a way that the rows can't show.</summary>
    /// <param name="text">What may be missing, and how to get it.</param>
    void OnWarning(string text);

    /// <summary>How the query was answered, for who wants to know: what was found amiss and made up for.</summary>
    /// <param name="text">What.</param>
    void OnDetail(string text)
    {
    }
}

/// <summary>How far a query is that was cut into slices of time.</summary>
/// <param name="Measurement">What is read.</param>
/// <param name="Done">Slices that were read to their end.</param>
/// <param name="Total">Slices in all; those that had to be halved count as one.</param>
internal sealed record QueryProgress(string Measurement, int Done, int Total);
