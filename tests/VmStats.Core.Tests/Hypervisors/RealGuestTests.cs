using System.Globalization;
using VmStats.Configuration;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using Xunit.Abstractions;

namespace VmStats.Core.Tests.Hypervisors;

/// <summary>Counters of a real QEMU guest beside what virsh says of it.</summary>
public sealed class RealGuestTests(RealLibvirt real, ITestOutputHelper output) : IClassFixture<RealLibvirt>
{
    private static readonly VmStatsSettings s_settings = new();

    [SkippableFact]
    public async Task Every_counter_lies_between_virsh_just_before_and_just_after()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        Dictionary<string, string> before = await DomstatsAsync();
        VmStatistics ours = (await hypervisor.GetStatisticsAsync(default)).Single(vm => vm.Vm.Uuid == real.Guest.Uuid);
        Dictionary<string, string> after = await DomstatsAsync();
        output.WriteLine(string.Join('\n', before.Select(p => p.Key + "=" + p.Value)));
        output.WriteLine(ours.ToString());
        output.WriteLine(string.Join('\n', ours.Disks));
    }

    private async Task<Dictionary<string, string>> DomstatsAsync() =>
        (await real.Session.VirshAsync("domstats", "--raw", real.Guest.Uuid.ToString("D")))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Where(line => line.Contains('=', StringComparison.Ordinal))
        .Select(line => line.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);
}
