namespace VmStats.Hypervisors.Libvirt;

/// <summary>Runs a blocking call on a dedicated thread: a call that never returns must not exhaust the thread pool.</summary>
internal static class BlockingCall
{
    /// <summary>Starts the call.</summary>
    public static Task<T> StartAsync<T>(Func<T> call)
    {
        Task<T> task = Task.Factory.StartNew(
            call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // The caller may have stopped waiting: a later failure counts as observed.
        _ = task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }
}
