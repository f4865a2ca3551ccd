using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>libvirt's functions: memory dumps.</summary>
internal static unsafe partial class LibvirtNative
{
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainCoreDumpWithFormat", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CoreDumpWithFormat(DomainHandle domain, string path, uint format, CoreDumpFlags flags);

    /// <summary>The progress of the running job. The parameters must be freed by the caller.</summary>
    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virDomainGetJobStats")]
    public static partial int GetJobStats(
        DomainHandle domain, out int type, out VirTypedParameter* parameters, out int count, uint flags);

    [LibraryImport(LibvirtLibrary.Name, EntryPoint = "virTypedParamsFree")]
    public static partial void FreeTypedParameters(VirTypedParameter* parameters, int count);
}
