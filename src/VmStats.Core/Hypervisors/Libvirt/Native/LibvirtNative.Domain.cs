using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>libvirt's functions: domains.</summary>
internal static unsafe partial class LibvirtNative
{
    /// <summary>Length of a UUID in bytes.</summary>
    public const int UuidBytes = 16;

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainLookupByUUID")]
    public static partial DomainHandle LookupByUuid(ConnectHandle connection, byte* uuid);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainFree")]
    public static partial int FreeDomain(nint domain);

    /// <summary>The name; owned by the domain.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetName")]
    public static partial nint GetName(nint domain);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetUUID")]
    public static partial int GetUuid(nint domain, byte* uuid);

    /// <summary>The run-time id; uint.MaxValue when the domain isn't active.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetID")]
    public static partial uint GetId(nint domain);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainIsActive")]
    public static partial int IsActive(DomainHandle domain);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetInfo")]
    public static partial int GetInfo(nint domain, out VirDomainInfo info);

    /// <summary>The domain's XML; must be freed by the caller.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetXMLDesc")]
    public static partial nint GetXml(nint domain, uint flags);
}
