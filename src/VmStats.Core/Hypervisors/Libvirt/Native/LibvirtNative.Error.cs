using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>libvirt's functions: initialization and errors.</summary>
internal static partial class LibvirtNative
{
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virInitialize")]
    public static partial int Initialize();

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virSetErrorFunc")]
    public static unsafe partial void SetErrorFunc(nint userData, delegate* unmanaged[Cdecl]<nint, nint, void> handler);

    /// <summary>The calling thread's last error, or null. Owned by libvirt.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virGetLastError")]
    public static unsafe partial VirError* GetLastError();

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virResetLastError")]
    public static partial void ResetLastError();
}
