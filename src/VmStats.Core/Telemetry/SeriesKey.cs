namespace VmStats.Telemetry;

/// <summary>A series of samples: a VM, or one device of it.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="DeviceType"><c>nic</c>, <c>disk</c>, or null for the VM as a whole.</param>
/// <param name="Device">The device, or null.</param>
internal readonly record struct SeriesKey(VmIdentity Vm, string? DeviceType, string? Device);
