using VmStats.Errors;

namespace VmStats.Hypervisors;

/// <summary>Errors that are common to all kinds of hypervisors.</summary>
internal static class HypervisorErrors
{
    public static VmStatsException InvalidUri(string uri, string why) => new(
        ErrorIds.InvalidHypervisorUri,
        VmStatsErrorKind.InvalidArgument,
        $"'{uri}' isn't a hypervisor URI: {why}.",
        "Use a libvirt URI such as qemu:///system, qemu:///session or qemu+ssh://host/system, or sim://fleet?vms=20 for a "
        + "simulated fleet.",
        uri);

    public static VmStatsException LibvirtNotInstalled(string library, Exception? inner = null) => new(
        ErrorIds.LibvirtNotInstalled,
        VmStatsErrorKind.NotSupported,
        $"libvirt's client library ({library}) isn't installed on this machine.",
        OperatingSystem.IsLinux()
            ? "Install it (Debian, Ubuntu: apt-get install libvirt0; Fedora, RHEL: dnf install libvirt-libs; openSUSE: zypper "
              + "install libvirt-libs; Alpine: apk add libvirt-libs), or name a simulated fleet: sim://fleet?vms=20."
            : OperatingSystem.IsMacOS()
                ? "Install it (brew install libvirt) to reach remote hosts, or name a simulated fleet: sim://fleet?vms=20."
                : "Run this on the Linux host (for example by PowerShell remoting), or name a simulated fleet: sim://fleet?vms=20. "
                  + "Everything that only reads a store works here.",
        library,
        inner);

    public static VmStatsException VmNotFound(Guid vm, string uri, Exception? inner = null) => new(
        ErrorIds.VmNotFound,
        VmStatsErrorKind.NotFound,
        $"{uri} has no VM with UUID {vm:D}.",
        "Get-MonitoredVm -Live lists the VMs that it has.",
        vm,
        inner);

    public static VmStatsException VmNotRunning(string name, Exception? inner = null) => new(
        ErrorIds.VmNotRunning,
        VmStatsErrorKind.InvalidOperation,
        $"VM '{name}' is not running, so it has no memory to dump.",
        "Start it first.",
        name,
        inner);

    public static VmStatsException VmBusy(string name, string why, Exception? inner = null) => new(
        ErrorIds.VmBusy,
        VmStatsErrorKind.ResourceBusy,
        $"VM '{name}' is busy: {why}.",
        "Wait until the running job has ended; Get-MemoryDumpStatus shows dumps.",
        name,
        inner);

    public static VmStatsException DumpFormatNotSupported(string format, string why, Exception? inner = null) => new(
        ErrorIds.DumpFormatNotSupported,
        VmStatsErrorKind.NotSupported,
        $"Dump format {format} can't be used: {why}.",
        "Use the Elf format.",
        format,
        inner);

    public static VmStatsException DumpPathNotWritable(string path, string why, Exception? inner = null) => new(
        ErrorIds.DumpPathNotWritable,
        VmStatsErrorKind.WriteFailed,
        $"The hypervisor can't write the memory dump to '{path}': {why}.",
        "Choose a folder that exists and that the user who runs the hypervisor's daemon may write to and reach.",
        path,
        inner);

    public static VmStatsException DiskFull(string path, string why, Exception? inner = null) => new(
        ErrorIds.DiskFull,
        VmStatsErrorKind.WriteFailed,
        $"No space is left for the memory dump at '{path}': {why}.",
        "Free some space, or choose another folder.",
        path,
        inner);

    public static VmStatsException DumpStreamClosed(string path, Exception? inner = null) => new(
        ErrorIds.DumpStreamClosed,
        VmStatsErrorKind.WriteFailed,
        $"The memory dump at '{path}' was cut off: its reader closed the stream.",
        "If that wasn't meant, take the dump again.",
        path,
        inner);
}
