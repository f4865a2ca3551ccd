namespace VmStats.Hypervisors.Libvirt;

/// <summary>Which VM is dumped, and where to.</summary>
internal sealed record DumpRequest(Guid Uuid, string Name, string Path);
