namespace VmStats;

/// <summary>The names of the measurements (tables), the same as the original's.</summary>
internal static class Measurements
{
    public const string VmTotals = "vm_totals";
    public const string VmDevices = "vm_devices";
}
