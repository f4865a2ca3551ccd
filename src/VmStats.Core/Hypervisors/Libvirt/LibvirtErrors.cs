using VmStats.Errors;
using static VmStats.Hypervisors.Libvirt.LibvirtErrorCode;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Maps libvirt errors to the errors that are shown to the user. libvirt's own text is always included.</summary>
internal static class LibvirtErrors
{
    /// <summary>True when the connection failed, so that the call may work on a new one.</summary>
    public static bool IsConnectionLost(LibvirtError error) =>
        error.Domain == FromRpc && error.Code is SystemError or InternalError or Rpc or InvalidConnection;

    /// <summary>True when opening failed for lack of permission, so that opening read-only may work.</summary>
    public static bool IsDenied(LibvirtError error) =>
        error.Code is OperationDenied or AuthenticationFailed or AuthenticationCancelled or AuthenticationUnavailable
            or AccessDenied
        || error is { Code: SystemError, Errno: Errno.AccessDenied or Errno.NotPermitted };

    /// <summary>Maps a failure to open a connection.</summary>
    public static VmStatsException Opening(LibvirtException e, string uri) => e.Error switch
    {
        var error when IsDenied(error) => PermissionDenied(e, uri),
        { Code: NoConnect or NoSupport or ConfigurationUnsupported } or { Code: InternalError or InvalidArgument, Domain: not FromRpc }
            => HypervisorErrors.InvalidUri(uri, e.Message),
        _ => Unreachable(e, uri),
    };

    /// <summary>Maps the failure of a call on an open connection.</summary>
    public static VmStatsException Calling(LibvirtException e, string uri) => e.Error switch
    {
        var error when IsConnectionLost(error) => Unreachable(e, uri),
        var error when IsDenied(error) => PermissionDenied(e, uri),
        { Code: NoSupport or ArgumentUnsupported or OperationUnsupported or ConfigurationUnsupported } => new(
            ErrorIds.LibvirtNotSupported, VmStatsErrorKind.NotSupported, $"{uri} doesn't support this: {e.Message}.",
            "Use another hypervisor driver, or a newer libvirt.", uri, e),
        { Code: OperationTimeout or ResourceBusy } => HypervisorErrors.VmBusy(uri, e.Message, e),
        _ => Failed(e, uri),
    };

    /// <summary>Maps the failure of a call about one VM.</summary>
    public static VmStatsException OfVm(LibvirtException e, Guid vm, string name, string uri) => e.Error.Code switch
    {
        NoDomain => HypervisorErrors.VmNotFound(vm, uri, e),
        OperationTimeout or ResourceBusy => HypervisorErrors.VmBusy(name, e.Message, e),
        _ => Calling(e, uri),
    };

    /// <summary>Maps the failure of a dump.</summary>
    /// <param name="e">libvirt's error.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="dump">The dump's options.</param>
    /// <param name="uri">The hypervisor.</param>
    /// <param name="isActive">Whether the VM is active now.</param>
    public static VmStatsException OfDump(LibvirtException e, DumpRequest vm, CoreDumpOptions dump, string uri, bool isActive) =>
        e.Error switch
        {
            { Code: OperationDenied or AccessDenied } => PermissionDenied(e, uri),
            { Code: InvalidArgument or ArgumentUnsupported or OperationUnsupported or NoSupport } =>
                HypervisorErrors.DumpFormatNotSupported(dump.Format.ToString(), e.Message, e),
            { Code: OperationAborted } => HypervisorErrors.DumpStreamClosed(vm.Path, e),
            var error when IsConnectionLost(error) => Unreachable(e, uri),
            var error when HasCause(error, Errno.NoSpace, "No space left") => HypervisorErrors.DiskFull(vm.Path, e.Message, e),
            var error when HasCause(error, Errno.BrokenPipe, "Broken pipe") || DiedOfBrokenPipe(error) =>
                HypervisorErrors.DumpStreamClosed(vm.Path, e),
            { Code: SystemError } => HypervisorErrors.DumpPathNotWritable(vm.Path, e.Message, e),
            _ when !isActive => HypervisorErrors.VmNotRunning(vm.Name, e),
            _ => OfVm(e, vm.Uuid, vm.Name, uri),
        };

    /// <summary>The error for a daemon that didn't answer in time.</summary>
    public static VmStatsException TimedOut(string uri, string what, TimeSpan timeout) => new(
        ErrorIds.LibvirtTimeout,
        VmStatsErrorKind.Timeout,
        FormattableString.Invariant($"{uri} didn't answer within {timeout.TotalSeconds:0.###} s ({what})."),
        "A VM whose QEMU is stuck delays the answer the first time; later readings skip it. If the error persists, check the "
        + "daemon (systemctl status libvirtd virtqemud), or set LIBVIRT_TIMEOUT to more seconds.",
        uri);

    // The daemon writes through a helper process, which is killed by SIGPIPE (13) when the reader closes the pipe.
    private static bool DiedOfBrokenPipe(LibvirtError error) =>
        error.Message.Contains("signal 13", StringComparison.OrdinalIgnoreCase);

    private static bool HasCause(LibvirtError error, int errno, string text) =>
        error.Errno == errno || error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static VmStatsException Unreachable(LibvirtException e, string uri) => new(
        ErrorIds.HypervisorUnreachable,
        VmStatsErrorKind.Unavailable,
        $"The hypervisor {uri} can't be reached: {e.Message}.",
        "Start its daemon (systemctl start libvirtd, or virtqemud.socket), or specify the right one with -HypervisorUri or LIBVIRT_URI, "
        + "such as qemu:///system, qemu:///session or qemu+ssh://user@host/system.",
        uri,
        e);

    private static VmStatsException PermissionDenied(LibvirtException e, string uri) => new(
        ErrorIds.LibvirtPermissionDenied,
        VmStatsErrorKind.PermissionDenied,
        $"You don't have permission to do this on {uri}: {e.Message}.",
        "Run as a user of the group libvirt, or as root; or use your own session daemon (qemu:///session).",
        uri,
        e);

    private static VmStatsException Failed(LibvirtException e, string uri) => new(
        ErrorIds.LibvirtOperationFailed,
        VmStatsErrorKind.InvalidOperation,
        FormattableString.Invariant(
            $"libvirt on {uri} refused: {e.Message} (code {e.Error.Code}, domain {e.Error.Domain})."),
        "See the daemon's log for details (journalctl -u libvirtd -u virtqemud).",
        uri,
        e);
}
