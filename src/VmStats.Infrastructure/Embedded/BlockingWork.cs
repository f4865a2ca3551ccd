namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Work that may have to wait for who has the file locked, on a thread of its own: SQLite waits on the thread that calls it,
/// and the pool has no thread to spare for that on a small machine. What runs beside it there, a dump say, would wait, too.
/// </summary>
internal static class BlockingWork
{
    /// <summary>Does the work.</summary>
    /// <param name="work">What is to be done.</param>
    /// <param name="cancellationToken">Keeps it from beginning.</param>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
