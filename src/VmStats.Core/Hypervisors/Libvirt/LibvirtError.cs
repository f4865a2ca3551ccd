using System.Runtime.InteropServices;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>libvirt's description of a failed call.</summary>
/// <param name="Code">virErrorNumber.</param>
/// <param name="Domain">virErrorDomain: the part of libvirt that reported it.</param>
/// <param name="Errno">The errno of a system error; otherwise 0.</param>
/// <param name="Message">Its text.</param>
internal sealed record LibvirtError(int Code, int Domain, int Errno, string Message)
{
    /// <summary>Returns the last error of the calling thread. Must be called on that thread, directly after the failed call.</summary>
    public static unsafe LibvirtError Last()
    {
        VirError* error = LibvirtNative.GetLastError();
        if (error is null)
        {
            return new(0, 0, 0, "libvirt gave no reason");
        }

        int errno = error->Code == LibvirtErrorCode.SystemError ? error->Int1 : 0;
        return new(error->Code, error->Domain, errno, Marshal.PtrToStringUTF8(error->Message) ?? "libvirt gave no reason");
    }
}

/// <summary>The virErrorNumbers that are handled specially.</summary>
internal static class LibvirtErrorCode
{
    public const int InternalError = 1;
    public const int NoSupport = 3;
    public const int NoConnect = 5;
    public const int InvalidConnection = 6;
    public const int InvalidArgument = 8;
    public const int OperationFailed = 9;
    public const int OperationDenied = 29;
    public const int SystemError = 38;
    public const int Rpc = 39;
    public const int NoDomain = 42;
    public const int AuthenticationFailed = 45;
    public const int OperationInvalid = 55;
    public const int ConfigurationUnsupported = 67;
    public const int OperationTimeout = 68;
    public const int ArgumentUnsupported = 74;
    public const int OperationAborted = 78;
    public const int AuthenticationCancelled = 79;
    public const int AuthenticationUnavailable = 80;
    public const int OperationUnsupported = 84;
    public const int ResourceBusy = 87;
    public const int AccessDenied = 88;

    /// <summary>VIR_FROM_RPC: the connection failed, not the requested operation.</summary>
    public const int FromRpc = 7;
}

/// <summary>The errnos that are handled specially (the same on Linux and macOS).</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int AccessDenied = 13;
    public const int NoSpace = 28;
    public const int BrokenPipe = 32;
}
