using System.Management.Automation;
using VmStats.Errors;
using VmStats.Hypervisors;
using VmStats.PowerShell.Output;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Targets;

/// <summary>
/// The VMs that a command applies to, collected from its arguments and the pipeline so that a single query suffices for all
/// of them. A UUID identifies a VM; a name or wildcard is looked up; a numeric name is never taken for an id.
/// </summary>
internal sealed class VmTargets
{
    private static readonly string[] s_naming = ["Name", "Uuid", "DumpId"];

    private readonly Dictionary<Guid, MonitoredVm> _byUuid = [];
    private readonly List<string> _names = [];

    /// <summary>True if no VM was given.</summary>
    internal bool IsEmpty => _byUuid.Count == 0 && _names.Count == 0;

    /// <summary>Rejects a command that gets VMs both by argument and by the pipeline. Must be called before the first pipeline record.</summary>
    /// <exception cref="VmStatsException"><c>VmsNamedTwice</c>.</exception>
    internal static void ThrowIfNamedTwice(InvocationInfo invocation)
    {
        if (invocation.ExpectingInput && NamedBy(invocation) is string given)
        {
            throw NamedTwice(given);
        }
    }

    /// <summary>Returns the name of the argument that names VMs, or null. Must be called before the first pipeline record.</summary>
    internal static string? NamedBy(InvocationInfo invocation) => s_naming.FirstOrDefault(invocation.BoundParameters.ContainsKey);

    /// <summary>
    /// Rejects a pipeline record that names VMs if an argument does so too. If hypervisors can be piped in as well, this can
    /// only be checked for each record: VMs named by an argument may be combined with piped hypervisors.
    /// </summary>
    /// <param name="invocation">The command.</param>
    /// <param name="given">The result of <see cref="NamedBy"/> before the first pipeline record.</param>
    /// <param name="names">-Name for this record.</param>
    /// <param name="uuid">-Uuid for this record.</param>
    /// <exception cref="VmStatsException"><c>VmsNamedTwice</c>.</exception>
    internal static void ThrowIfNamedTwice(InvocationInfo invocation, string? given, string[]? names, Guid? uuid)
    {
        if (given is not null && invocation.ExpectingInput && (given == s_naming[0] ? uuid is not null : names is { Length: > 0 }))
        {
            throw NamedTwice(given);
        }
    }

    private static VmStatsException NamedTwice(string given) => new(
        ErrorIds.VmsNamedTwice,
        VmStatsErrorKind.InvalidArgument,
        $"VMs are named by -{given} and also come from the pipeline.",
        "Omit one of them; use Get-MonitoredVm or Where-Object to filter what is piped in.");

    /// <summary>Adds a pipeline record or the arguments: by UUID if there is one, otherwise by name.</summary>
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

    /// <summary>Resolves the VMs by looking up their names; names that can't be resolved are written as errors. Returns null for all VMs.</summary>
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

    /// <summary>
    /// Resolves the VMs among those of hypervisors; names that can't be resolved are written as errors. A VM that several
    /// hypervisors know, as after a migration, is taken from the one that it runs on.
    /// </summary>
    internal async Task<IReadOnlyList<(IHypervisor Hypervisor, VmInfo Vm)>> ResolveAsync(
        IReadOnlyList<HypervisorVms> lists, CommandOutput output, CancellationToken cancellationToken)
    {
        if (lists.Count == 0)
        {
            // No hypervisor has answered, which has already been reported: it is unknown whether such a VM exists.
            return [];
        }

        IReadOnlyList<MonitoredVm>? chosen = await ResolveAsync(
            (names, _) => ValueTask.FromResult(VmResolver.Resolve([.. lists.SelectMany(list => list.Vms)], names, HypervisorVms.DescribeHypervisors(lists))),
            output,
            cancellationToken);
        HashSet<MonitoredVm> wanted = new(chosen ?? [], ReferenceEqualityComparer.Instance);
        return [.. lists
            .SelectMany(list => list.Infos.Where((_, i) => wanted.Contains(list.Vms[i])).Select(vm => (list.Hypervisor, Vm: vm)))
            .GroupBy(one => one.Vm.Uuid)
            .Select(same => same.OrderByDescending(one => one.Vm.Id is not null).First())];
    }
}
