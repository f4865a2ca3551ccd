using System.Runtime.InteropServices;

namespace VmStats.Hypervisors.Libvirt.Native;

/// <summary>A virConnectPtr.</summary>
internal sealed class ConnectHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibvirtNative.Close(handle) >= 0;
}

/// <summary>A virDomainPtr that the caller owns.</summary>
internal sealed class DomainHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibvirtNative.FreeDomain(handle) == 0;
}
