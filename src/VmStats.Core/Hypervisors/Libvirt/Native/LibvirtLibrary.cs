using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>Finds and prepares libvirt's client library, once per process.</summary>
internal static class LibvirtLibrary
{
    /// <summary>The name that the imports use.</summary>
    public const string Name = "libvirt";

    private static readonly string[] s_fileNames = OperatingSystem.IsMacOS()
        ? ["libvirt.0.dylib", "/opt/homebrew/lib/libvirt.0.dylib", "/usr/local/lib/libvirt.0.dylib"]
        : OperatingSystem.IsWindows() ? ["libvirt-0.dll"] : ["libvirt.so.0"];

    private static readonly Lazy<nint> s_handle = new(Load);

    /// <summary>Makes sure that the library is there and silent.</summary>
    /// <exception cref="VmStatsException"><c>LibvirtNotInstalled</c>.</exception>
    public static void Require()
    {
        if (s_handle.Value == 0)
        {
            throw HypervisorErrors.LibvirtNotInstalled(s_fileNames[0]);
        }
    }

    private static unsafe nint Load()
    {
        nint handle = 0;
        if (!s_fileNames.Any(file => NativeLibrary.TryLoad(file, out handle)))
        {
            return 0;
        }

        NativeLibrary.SetDllImportResolver(typeof(LibvirtLibrary).Assembly, Resolve);
        if (LibvirtNative.Initialize() < 0)
        {
            throw new VmStatsException(
                "LibvirtBroken",
                VmStatsErrorKind.NotSupported,
                $"libvirt's client library ({s_fileNames[0]}) is there but doesn't start.",
                "Reinstall libvirt's client library.");
        }

        // Without a handler libvirt prints every error on stderr, into the user's console.
        LibvirtNative.SetErrorFunc(0, &Ignore);
        return handle;

        nint Resolve(string library, Assembly assembly, DllImportSearchPath? paths) => library == Name ? handle : 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint userData, nint error)
    {
    }
}
