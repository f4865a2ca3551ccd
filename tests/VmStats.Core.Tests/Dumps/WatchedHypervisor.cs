using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Dumps;

/// <summary>A hypervisor that tells when it is asked to dump.</summary>
internal sealed class WatchedHypervisor(IHypervisor inner, Action dumping) : IHypervisor
{
    public string Uri => inner.Uri;

    public string HostName => inner.HostName;

    public bool IsSimulated => inner.IsSimulated;

    public bool IsLocal => inner.IsLocal;

    public TimeProvider Clock => inner.Clock;

    public ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken) => inner.GetStatisticsAsync(cancellationToken);

    public Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken)
    {
        dumping();
        return inner.DumpMemoryAsync(vm, path, options, cancellationToken);
    }

    public ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken) => inner.GetDumpProgressAsync(vm, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
