namespace VmStats.Telemetry.Series;

/// <summary>Identifies a series of samples: a VM, or one of its devices.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="DeviceType"><c>nic</c>, <c>disk</c>, or null for the VM as a whole.</param>
/// <param name="Device">The device, or null.</param>
internal readonly record struct SeriesKey(VmIdentity Vm, string? DeviceType, string? Device);

/// <summary>The order in which series are returned: by VM, then by device.</summary>
internal static class SeriesOrder
{
    /// <summary>Sorts by the VM's name (case-insensitive) and UUID, then by the type and name of the device.</summary>
    public static IEnumerable<T> InSeriesOrder<T>(this IEnumerable<T> items, Func<T, string?> name, Func<T, SeriesKey> key) => items
        .OrderBy(name, StringComparer.OrdinalIgnoreCase)
        .ThenBy(item => key(item).Vm.Uuid)
        .ThenBy(item => key(item).DeviceType, StringComparer.Ordinal)
        .ThenBy(item => key(item).Device, StringComparer.Ordinal);
}
