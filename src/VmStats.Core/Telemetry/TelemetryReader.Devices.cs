using VmStats.Errors;
using VmStats.Telemetry.Series;
using VmStats.Text;

namespace VmStats.Telemetry;

/// <content>Lists devices, and finds names that no device has.</content>
internal sealed partial class TelemetryReader
{
    private const int MaximumListedDevices = 20;

    /// <summary>Returns the distinct names of the devices that VMs have or had, sorted.</summary>
    /// <param name="vms">The VMs; null for all.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async ValueTask<IReadOnlyList<string>> ListDeviceNamesAsync(IReadOnlyList<MonitoredVm>? vms, CancellationToken cancellationToken)
    {
        IReadOnlyList<SeriesPair> pairs = await _series
            .ReadLatestAsync(new SeriesRequest(DeviceMetrics.Set, vms), depth: 1, TagVocabulary.DescriptiveColumns, cancellationToken).ConfigureAwait(false);
        return pairs.Select(pair => pair.Key.Device).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToArray();
    }

    /// <summary>Returns an error for each name without wildcards that no device of these VMs has, in any time range.</summary>
    /// <param name="vms">The VMs; null for all.</param>
    /// <param name="names">The names to check.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async ValueTask<IReadOnlyList<VmStatsException>> FindUnknownDevicesAsync(
        IReadOnlyList<MonitoredVm>? vms, IReadOnlyList<NamePattern> names, CancellationToken cancellationToken)
    {
        NamePattern[] literal = names.Where(name => !name.IsWildcard).ToArray();
        if (literal.Length == 0)
        {
            return [];
        }

        IReadOnlyList<string> known = await ListDeviceNamesAsync(vms, cancellationToken).ConfigureAwait(false);
        return literal.Where(name => !known.Any(name.Matches)).Select(name => DeviceNotFound(name.Text, vms, known)).ToArray();
    }

    private VmStatsException DeviceNotFound(string name, IReadOnlyList<MonitoredVm>? vms, IReadOnlyList<string> known)
    {
        string finding = vms switch
        {
            null => $"There is no device '{name}' in {_store.Info.Place}",
            [MonitoredVm vm] => $"The VM '{vm.Name}' has no device '{name}'",
            _ => $"None of the {vms.Count} VMs has a device '{name}'",
        };
        string devices = known.Count == 0 ? "no device is known" : $"the devices are {NameList.Of(known, MaximumListedDevices)}";
        return new VmStatsException(
            ErrorIds.DeviceNotFound,
            VmStatsErrorKind.NotFound,
            $"{finding}; {devices}.",
            "Get-VmTelemetry -Device lists the devices; a name may hold wildcards.",
            name);
    }
}
