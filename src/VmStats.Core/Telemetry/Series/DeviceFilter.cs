using VmStats.Text;

namespace VmStats.Telemetry.Series;

/// <summary>Selects devices by type and name.</summary>
/// <param name="DeviceType"><c>nic</c>, <c>disk</c>, or null for both.</param>
/// <param name="Names">Names or wildcards; null or empty for all.</param>
internal sealed record DeviceFilter(string? DeviceType = null, IReadOnlyList<NamePattern>? Names = null)
{
    /// <summary>True when the device matches the filter.</summary>
    public bool Matches(string? deviceType, string? device) =>
        (DeviceType is null || DeviceType == deviceType)
        && (Names is null or { Count: 0 } || Names.Any(name => name.Matches(device ?? "")));
}
