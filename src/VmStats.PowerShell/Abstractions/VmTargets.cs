using System.Management.Automation;
using VmStats.Hypervisors;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Abstractions;

/// <summary>
/// The VMs that a command is about, gathered from its arguments and the pipeline, so that one query serves them all
/// however many were piped in. A UUID is identity; a name or wildcard is looked up; digits in a name are never guessed at.
/// </summary>
internal sealed class VmTargets
{
    private static readonly string[] s_naming = ["Name", "Uuid"];

    private readonly Dictionary<Guid, MonitoredVm> _byUuid = [];
    private readonly List<string> _names = [];

    /// <summary>True when none was given.</summary>
    internal bool IsEmpty => _byUuid.Count == 0 && _names.Count == 0;

    /// <summary>Refuses VMs by a command's arguments and by its pipeline at once. To be called before the first record.</summary>
    /// <exception cref="VmStatsException"><c>VmsNamedTwice</c>.</exception>
    internal static void RefuseNamedTwice(InvocationInfo invocation)
    {
        if (invocation.ExpectingInput && s_naming.FirstOrDefault(invocation.BoundParameters.ContainsKey) is string given)
        {
            throw new VmStatsException(
                "VmsNamedTwice",
                VmStatsErrorKind.InvalidArgument,
                $"VMs are named by -{given} and come from the pipeline, too.",
                "Leave one of them away; Get-MonitoredVm and Where-Object choose among what is piped in.");
        }
    }

    /// <summary>Adds one record of the pipeline, or the arguments: the UUID where there is one, else the names.</summary>
    internal void Add(Guid? uuid, string[]? names)
    {
        if (uuid is Guid known)
        {
            _byUuid.TryAdd(known, new MonitoredVm { Name = names is [string name] ? name : known.ToString(), Uuid = known });
        }
        else
        {
            _names.AddRange(names ?? []);
        }
    }

    /// <summary>The VMs, the names among them looked up; what is wrong with a name is written as an error. Null for all VMs.</summary>
    internal async Task<IReadOnlyList<MonitoredVm>?> ResolveAsync(
        Func<IReadOnlyList<string>, CancellationToken, ValueTask<VmResolution>> lookUp,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        if (IsEmpty)
        {
            return null;
        }

        List<MonitoredVm> vms = [.. _byUuid.Values];
        if (_names.Count > 0)
        {
            VmResolution resolution = await lookUp(_names, cancellationToken);
            foreach (VmStatsException error in resolution.Errors)
            {
                output.Error(error);
            }

            vms.AddRange(resolution.Vms.Where(vm => vm.Uuid is not Guid uuid || !_byUuid.ContainsKey(uuid)));
        }

        return vms;
    }

    /// <summary>Those VMs of a hypervisor that were asked for; what is wrong with a name is written as an error.</summary>
    internal async Task<IReadOnlyList<VmInfo>> ResolveAsync(IHypervisor hypervisor, CommandOutput output, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmInfo> known = await hypervisor.ListAsync(cancellationToken);
        MonitoredVm[] candidates = [.. known.Select(vm => new MonitoredVm { Name = vm.Name, Uuid = vm.Uuid, HostName = hypervisor.HostName })];
        IReadOnlyList<MonitoredVm>? chosen = await ResolveAsync(
            (names, _) => ValueTask.FromResult(VmResolver.Resolve(candidates, names, hypervisor.Uri)), output, cancellationToken);
        HashSet<Guid?> uuids = [.. (chosen ?? []).Select(vm => vm.Uuid)];
        return [.. known.Where(vm => uuids.Contains(vm.Uuid))];
    }
}
