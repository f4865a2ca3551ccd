using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Texts that libvirt returns.</summary>
internal static unsafe class LibvirtText
{
    /// <summary>Reads a text and frees it; null for none.</summary>
    public static string? Take(nint text)
    {
        if (text == 0)
        {
            return null;
        }

        string? result = Marshal.PtrToStringUTF8(text);
        NativeMemory.Free((void*)text);
        return result;
    }

    /// <summary>Reads a text that stays libvirt's.</summary>
    public static string Read(nint text) => Marshal.PtrToStringUTF8(text) ?? "";
}
