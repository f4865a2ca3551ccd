namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Runs work that may wait for a file lock on a dedicated thread. SQLite blocks the calling thread while it waits; on a small
/// machine that could starve the thread pool and delay other work there, such as a memory dump.
/// </summary>
internal static class BlockingWork
{
    /// <summary>Runs the work.</summary>
    /// <param name="work">The work, which may block.</param>
    /// <param name="cancellationToken">Cancels the work if it hasn't started yet.</param>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
