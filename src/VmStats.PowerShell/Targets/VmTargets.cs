using System.Management.Automation;
using VmStats.Errors;
using VmStats.Hypervisors;
using VmStats.PowerShell.Output;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Targets;

/// <summary>
/// The VMs that a command is about, gathered from its arguments and the pipeline, so that one query serves them all
/// however many were piped in. A UUID is identity; a name or wildcard is looked up; digits in a name are never guessed at.
/// </summary>
internal sealed class VmTargets
{
    private static readonly string[] s_naming = ["Name", "Uuid", "DumpId"];

    private readonly Dictionary<Guid, MonitoredVm> _byUuid = [];
    private readonly List<string> _names = [];

    /// <summary>True when none was given.</summary>
    internal bool IsEmpty => _byUuid.Count == 0 && _names.Count == 0;

    /// <summary>Refuses VMs by a command's arguments and by its pipeline at once. To be called before the first record.</summary>
    /// <exception cref="VmStatsException"><c>VmsNamedTwice</c>.</exception>
    internal static void RefuseNamedTwice(InvocationInfo invocation)
    {
        if (invocation.ExpectingInput && NamedBy(invocation) is string given)
        {
            throw NamedTwice(given);
        }
    }

    /// <summary>The argument that names VMs, or null. To be called before the first record.</summary>
    internal static string? NamedBy(InvocationInfo invocation) => s_naming.FirstOrDefault(invocation.BoundParameters.ContainsKey);

    /// <summary>
    /// Refuses a record of the pipeline that names VMs, too. Where hypervisors can be piped in as well, it takes the record to
    /// tell: VMs named by an argument are then meant on each of them.
    /// </summary>
    /// <param name="invocation">The command.</param>
    /// <param name="given">What <see cref="NamedBy"/> said before the first record.</param>
    /// <param name="names">-Name, of this record.</param>
    /// <param name="uuid">-Uuid, of this record.</param>
    /// <exception cref="VmStatsException"><c>VmsNamedTwice</c>.</exception>
    internal static void RefuseNamedTwice(InvocationInfo invocation, string? given, string[]? names, Guid? uuid)
    {
        if (given is not null && invocation.ExpectingInput && (given == s_naming[0] ? uuid is not null : names is { Length: > 0 }))
        {
            throw NamedTwice(given);
        }
    }

    private static VmStatsException NamedTwice(string given) => new(
        ErrorIds.VmsNamedTwice,
        VmStatsErrorKind.InvalidArgument,
        $"VMs are named by -{given} and come from the pipeline, too.",
        "Leave one of them away; Get-MonitoredVm and Where-Object choose among what is piped in.");

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

    /// <summary>
    /// Those VMs of hypervisors that were asked for; what is wrong with a name is written as an error. One that several
    /// hypervisors know, as after a migration, is taken where it runs.
    /// </summary>
    internal async Task<IReadOnlyList<(IHypervisor Hypervisor, VmInfo Vm)>> ResolveAsync(
        IReadOnlyList<HypervisorVms> lists, CommandOutput output, CancellationToken cancellationToken)
    {
        if (lists.Count == 0)
        {
            // None has answered, which is an error already: nobody knows that it has no such VM.
            return [];
        }

        IReadOnlyList<MonitoredVm>? chosen = await ResolveAsync(
            (names, _) => ValueTask.FromResult(VmResolver.Resolve([.. lists.SelectMany(list => list.Vms)], names, HypervisorVms.Where(lists))),
            output,
            cancellationToken);
        HashSet<MonitoredVm> wanted = new(chosen ?? [], ReferenceEqualityComparer.Instance);
        return [.. lists
            .SelectMany(list => list.Infos.Where((_, i) => wanted.Contains(list.Vms[i])).Select(vm => (list.Hypervisor, Vm: vm)))
            .GroupBy(one => one.Vm.Uuid)
            .Select(same => same.OrderByDescending(one => one.Vm.Id is not null).First())];
    }
}
