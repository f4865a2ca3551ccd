namespace VmStats.Hypervisors.Libvirt;

/// <summary>A failed libvirt call before it is put in the user's words; never leaves this folder.</summary>
internal sealed class LibvirtException(LibvirtError error) : Exception(error.Message)
{
    /// <summary>What libvirt said.</summary>
    public LibvirtError Error => error;

    /// <summary>Throws when a call's result says that it failed. To be called on the thread that made the call.</summary>
    public static int Check(int result) => result >= 0 ? result : throw new LibvirtException(LibvirtError.Last());
}
