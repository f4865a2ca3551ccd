namespace VmStats.Core.Tests;

/// <summary>A test class that frees what it holds asynchronously. xunit 2 does not look at IAsyncDisposable.</summary>
public abstract class AsyncTest : IAsyncLifetime, IAsyncDisposable
{
    /// <summary>Frees what the test holds.</summary>
    public abstract ValueTask DisposeAsync();

    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
}
