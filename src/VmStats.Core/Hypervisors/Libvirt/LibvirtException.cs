namespace VmStats.Hypervisors.Libvirt;

/// <summary>A failed libvirt call, before it is mapped to a <see cref="VmStatsException"/>; never leaves this folder.</summary>
internal sealed class LibvirtException(LibvirtError error) : Exception(error.Message)
{
    /// <summary>libvirt's error.</summary>
    public LibvirtError Error => error;

    /// <summary>Throws if a call's result indicates failure. Must be called on the thread that made the call.</summary>
    public static int Check(int result) => result >= 0 ? result : throw new LibvirtException(LibvirtError.Last());
}
