using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Collection;

/// <summary>A simulated fleet with faults that none of the real hypervisors has on demand.</summary>
/// <param name="change">What becomes of a poll: given its number from 1 and the fleet's answer.</param>
internal sealed class FaultyHypervisor(
    Func<int, IReadOnlyList<VmStatistics>, CancellationToken, ValueTask<IReadOnlyList<VmStatistics>>> change) : IHypervisor
{
    // The clock has so much history that it runs fast for as long as a test takes.
    private readonly IHypervisor _fleet = HypervisorFactory.Open(
        "sim://fleet?vms=3&seed=5&history=30d&speed=100000", new VmStatsSettings());

    private int _polls;

    public FaultyHypervisor(Func<int, IReadOnlyList<VmStatistics>, IReadOnlyList<VmStatistics>> change)
        : this((poll, vms, _) => ValueTask.FromResult(change(poll, vms)))
    {
    }

    public string Uri => "test://faulty";

    public string HostName => _fleet.HostName;

    public bool IsSimulated => true;

    public bool IsLocal => true;

    public TimeProvider Clock => _fleet.Clock;

    public static VmStatsException Unreachable { get; } = new(
        "HypervisorUnreachable", VmStatsErrorKind.Unavailable, "The hypervisor is away.");

    public ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken) => _fleet.ListAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<VmStatistics> vms = await _fleet.GetStatisticsAsync(CancellationToken.None);
        return await change(++_polls, vms, cancellationToken);
    }

    public Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();
}
