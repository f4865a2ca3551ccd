using VmStats.Errors;
using VmStats.Text;

namespace VmStats.Telemetry;

/// <summary>The VMs that names stand for, and what is wrong with the names that stand for none.</summary>
/// <param name="Vms">The VMs, each once; of several hypervisors, once for each that knows it.</param>
/// <param name="Errors">One error per name that can't be used.</param>
internal sealed record VmResolution(IReadOnlyList<MonitoredVm> Vms, IReadOnlyList<VmStatsException> Errors);

/// <summary>Finds VMs by UUID, name or wildcard. Digits in a name mean nothing: there is no guessing.</summary>
internal static class VmResolver
{
    private const int CandidatesToName = 10;

    /// <summary>Finds the VMs that patterns stand for.</summary>
    /// <param name="known">The VMs there are, of a store or of one or more hypervisors.</param>
    /// <param name="patterns">UUIDs, names and wildcards. A wildcard that matches nothing is no error.</param>
    /// <param name="where">Where was looked, for messages: a store's or a hypervisor's address.</param>
    public static VmResolution Resolve(IReadOnlyList<MonitoredVm> known, IReadOnlyList<string> patterns, string where)
    {
        List<MonitoredVm> found = [];
        List<VmStatsException> errors = [];
        HashSet<(VmIdentity, string?)> seen = [];
        foreach (string pattern in patterns)
        {
            MonitoredVm[] matches = Match(known, pattern, out bool isWildcard);
            if (!isWildcard && matches.Length == 0)
            {
                errors.Add(NotFound(pattern, where));
            }
            else if (!isWildcard && IsAmbiguous(matches))
            {
                errors.Add(Ambiguous(pattern, matches));
            }
            else
            {
                found.AddRange(matches.Where(vm => seen.Add((VmIdentity.Of(vm.Uuid, vm.Name), vm.HypervisorUri))));
            }
        }

        return new VmResolution(found, errors);
    }

    private static MonitoredVm[] Match(IReadOnlyList<MonitoredVm> known, string pattern, out bool isWildcard)
    {
        isWildcard = false;
        if (Guid.TryParse(pattern, out Guid uuid))
        {
            MonitoredVm[] byUuid = known.Where(vm => vm.Uuid == uuid).ToArray();
            if (byUuid.Length > 0)
            {
                return byUuid;
            }
        }

        // A name that a VM has to the letter is that VM's, whatever wildcards it would hold and whoever else has it in other case.
        MonitoredVm[] exact = known.Where(vm => string.Equals(vm.Name, pattern, StringComparison.Ordinal)).ToArray();
        if (exact.Length > 0)
        {
            return exact;
        }

        NamePattern name = new(pattern);
        isWildcard = name.IsWildcard;
        return known.Where(vm => name.Matches(vm.Name)).ToArray();
    }

    // Who names several hypervisors means the VM of that name on each. Within one, or in a store, a name should be enough.
    private static bool IsAmbiguous(MonitoredVm[] matches) =>
        matches.Where(vm => vm.Uuid is not null).GroupBy(vm => vm.HypervisorUri).Any(place => place.Count() > 1);

    private static VmStatsException NotFound(string pattern, string where) => new(
        ErrorIds.VmNotFound,
        VmStatsErrorKind.NotFound,
        $"There is no VM '{pattern}' in {where}.",
        "Get-MonitoredVm lists the VMs; a name may hold wildcards.",
        pattern);

    private static VmStatsException Ambiguous(string pattern, MonitoredVm[] matches)
    {
        IEnumerable<string> candidates = matches.Take(CandidatesToName).Select(vm =>
            $"{vm.Name} {vm.Uuid}{(vm.HostName is null ? "" : $" on {vm.HostName}")}{(vm.LastSeenUtc is DateTime seen ? $", last seen {seen:u}" : "")}");
        string more = matches.Length > CandidatesToName ? $"; and {matches.Length - CandidatesToName} more" : "";
        return new VmStatsException(
            ErrorIds.AmbiguousVm,
            VmStatsErrorKind.Ambiguous,
            $"The name '{pattern}' stands for {matches.Length} VMs: {string.Join("; ", candidates)}{more}.",
            "Name the VM by its UUID.",
            pattern);
    }
}
