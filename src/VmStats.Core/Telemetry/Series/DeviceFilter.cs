using VmStats.Text;

namespace VmStats.Telemetry.Series;

/// <summary>Which devices are wanted.</summary>
/// <param name="DeviceType"><c>nic</c>, <c>disk</c>, or null for both.</param>
/// <param name="Names">Names or wildcards; null or none for all.</param>
internal sealed record DeviceFilter(string? DeviceType = null, IReadOnlyList<NamePattern>? Names = null)
{
    /// <summary>True when the device is wanted.</summary>
    public bool Matches(string? deviceType, string? device) =>
        (DeviceType is null || DeviceType == deviceType)
        && (Names is null or { Count: 0 } || Names.Any(name => name.Matches(device ?? "")));
}
