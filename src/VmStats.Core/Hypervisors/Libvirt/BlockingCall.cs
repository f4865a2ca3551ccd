namespace VmStats.Hypervisors.Libvirt;

/// <summary>Runs a blocking call on a thread of its own: one that never comes back must not eat up the thread pool.</summary>
internal static class BlockingCall
{
    /// <summary>Starts the call.</summary>
    public static Task<T> StartAsync<T>(Func<T> call)
    {
        Task<T> task = Task.Factory.StartNew(
            call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // Whoever waits may have gone: a failure after that is nobody's.
        _ = task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }
}
