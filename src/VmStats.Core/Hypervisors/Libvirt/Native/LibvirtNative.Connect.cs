using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>libvirt's functions: connections.</summary>
internal static partial class LibvirtNative
{
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectOpen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectHandle Open(string? uri);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectOpenReadOnly", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectHandle OpenReadOnly(string? uri);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectClose")]
    public static partial int Close(nint connection);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectIsAlive")]
    public static partial int IsAlive(ConnectHandle connection);

    /// <summary>The host's name; must be freed by the caller.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectGetHostname")]
    public static partial nint GetHostname(ConnectHandle connection);

    /// <summary>The URI that was actually opened; must be freed by the caller.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virConnectGetURI")]
    public static partial nint GetUri(ConnectHandle connection);
}
