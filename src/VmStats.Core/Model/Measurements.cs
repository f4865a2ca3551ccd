namespace VmStats;

/// <summary>The names of measurements (tables), as the original has them.</summary>
internal static class Measurements
{
    public const string VmTotals = "vm_totals";
    public const string VmDevices = "vm_devices";
}
