using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmStats.Errors;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>Loads and initializes libvirt's client library, once per process.</summary>
internal static class LibvirtLibrary
{
    /// <summary>The library name in the imports.</summary>
    public const string Name = "libvirt";

    private static readonly string[] s_fileNames = OperatingSystem.IsMacOS()
        ? ["libvirt.0.dylib", "/opt/homebrew/lib/libvirt.0.dylib", "/usr/local/lib/libvirt.0.dylib"]
        : OperatingSystem.IsWindows() ? ["libvirt-0.dll"] : ["libvirt.so.0"];

    private static readonly object s_lock = new();
    private static nint s_handle;
    private static bool s_isReady;

    /// <summary>Makes sure that the library is loaded and doesn't print errors. If it is missing, the next call looks for it again.</summary>
    /// <exception cref="VmStatsException"><c>LibvirtNotInstalled</c>, <c>LibvirtBroken</c>.</exception>
    public static void Require()
    {
        lock (s_lock)
        {
            if (!s_isReady)
            {
                Prepare();
                s_isReady = true;
            }
        }
    }

    /// <summary>Loads the first library in the list that exists.</summary>
    /// <exception cref="VmStatsException"><c>LibvirtNotInstalled</c>, with the name of the first one.</exception>
    public static nint Find(IReadOnlyList<string> fileNames)
    {
        nint handle = 0;
        return fileNames.Any(file => NativeLibrary.TryLoad(file, out handle))
            ? handle
            : throw HypervisorErrors.LibvirtNotInstalled(fileNames[0]);
    }

    private static unsafe void Prepare()
    {
        if (s_handle == 0)
        {
            s_handle = Find(s_fileNames);
            NativeLibrary.SetDllImportResolver(typeof(LibvirtLibrary).Assembly, (library, _, _) => library == Name ? s_handle : 0);
        }

        if (LibvirtNative.Initialize() < 0)
        {
            throw new VmStatsException(
                ErrorIds.LibvirtBroken,
                VmStatsErrorKind.NotSupported,
                $"libvirt's client library ({s_fileNames[0]}) is installed but can't be initialized.",
                "Reinstall libvirt's client library.");
        }

        // Without a handler, libvirt prints every error to stderr, and so to the user's console.
        LibvirtNative.SetErrorFunc(0, &Ignore);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint userData, nint error)
    {
    }
}
