namespace VmStats.Errors;

/// <content>Hypervisor</content>
internal static partial class ErrorIds
{
    /// <summary>Use qemu:///system, qemu+ssh://host/system, or sim://fleet?vms=20.</summary>
    public const string InvalidHypervisorUri = nameof(InvalidHypervisorUri);

    /// <summary>Omit -HypervisorUri or -Live:$false.</summary>
    public const string HypervisorNotAsked = nameof(HypervisorNotAsked);

    /// <summary>Start its daemon (libvirtd or virtqemud), or name the right one.</summary>
    public const string HypervisorUnreachable = nameof(HypervisorUnreachable);

    /// <summary>Install libvirt's client library, or name a simulated fleet.</summary>
    public const string LibvirtNotInstalled = nameof(LibvirtNotInstalled);

    /// <summary>Reinstall libvirt's client library.</summary>
    public const string LibvirtBroken = nameof(LibvirtBroken);

    /// <summary>Use another hypervisor driver, or a newer libvirt.</summary>
    public const string LibvirtNotSupported = nameof(LibvirtNotSupported);

    /// <summary>Run as a user of the group libvirt, as root, or use qemu:///session.</summary>
    public const string LibvirtPermissionDenied = nameof(LibvirtPermissionDenied);

    /// <summary>Check the daemon, or set LIBVIRT_TIMEOUT to more seconds.</summary>
    public const string LibvirtTimeout = nameof(LibvirtTimeout);

    /// <summary>See the daemon's log for details.</summary>
    public const string LibvirtOperationFailed = nameof(LibvirtOperationFailed);

    /// <summary>Start the VM first.</summary>
    public const string VmNotRunning = nameof(VmNotRunning);

    /// <summary>Wait until the running job has ended; Get-MemoryDumpStatus shows dumps.</summary>
    public const string VmBusy = nameof(VmBusy);
}
