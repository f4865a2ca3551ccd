using VmStats.Errors;
using VmStats.Text;

namespace VmStats.Telemetry;

/// <summary>The VMs that were found by name, and an error for each name that could not be used.</summary>
/// <param name="Vms">The VMs without duplicates; a VM that several hypervisors report appears once for each of them.</param>
/// <param name="Errors">One error for each name that matches no VM or is ambiguous.</param>
internal sealed record VmResolution(IReadOnlyList<MonitoredVm> Vms, IReadOnlyList<VmStatsException> Errors);

/// <summary>Finds VMs by UUID, name or wildcard. Digits in a name have no special meaning, such as a libvirt id.</summary>
internal static class VmResolver
{
    private const int MaximumCandidates = 10;

    /// <summary>Finds the VMs that match patterns.</summary>
    /// <param name="known">The VMs to search: those of a store, or of one or more hypervisors.</param>
    /// <param name="patterns">UUIDs, names and wildcards. A wildcard that matches nothing is not an error.</param>
    /// <param name="where">The address of the store or hypervisor, for messages.</param>
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

        // An exact, case-sensitive match wins over other VMs whose names differ only in case, and over the pattern's meaning as a wildcard.
        MonitoredVm[] exact = known.Where(vm => string.Equals(vm.Name, pattern, StringComparison.Ordinal)).ToArray();
        if (exact.Length > 0)
        {
            return exact;
        }

        NamePattern name = new(pattern);
        isWildcard = name.IsWildcard;
        return known.Where(vm => name.Matches(vm.Name)).ToArray();
    }

    // With several hypervisors, the name refers to the VM of that name on each. On one hypervisor, or in a store, it must be unique.
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
        IEnumerable<string> candidates = matches.Take(MaximumCandidates).Select(vm =>
            $"{vm.Name} {vm.Uuid}{(vm.HostName is null ? "" : $" on {vm.HostName}")}{(vm.LastSeenUtc is DateTime seen ? $", last seen {seen:u}" : "")}");
        string more = matches.Length > MaximumCandidates ? $"; and {matches.Length - MaximumCandidates} more" : "";
        return new VmStatsException(
            ErrorIds.AmbiguousVm,
            VmStatsErrorKind.Ambiguous,
            $"The name '{pattern}' matches {matches.Length} VMs: {string.Join("; ", candidates)}{more}.",
            "Name the VM by its UUID.",
            pattern);
    }
}
