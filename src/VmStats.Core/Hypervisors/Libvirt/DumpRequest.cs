namespace VmStats.Hypervisors.Libvirt;

/// <summary>The VM to dump, and the path to dump it to.</summary>
internal sealed record DumpRequest(Guid Uuid, string Name, string Path);
