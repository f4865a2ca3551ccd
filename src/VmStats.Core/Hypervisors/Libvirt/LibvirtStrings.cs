using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Reads strings that libvirt returns.</summary>
internal static unsafe class LibvirtStrings
{
    /// <summary>Reads a string and frees it; null for a null pointer.</summary>
    public static string? ReadAndFree(nint text)
    {
        if (text == 0)
        {
            return null;
        }

        string? result = Marshal.PtrToStringUTF8(text);
        NativeMemory.Free((void*)text);
        return result;
    }

    /// <summary>Reads a string that is owned by libvirt.</summary>
    public static string Read(nint text) => Marshal.PtrToStringUTF8(text) ?? "";
}
