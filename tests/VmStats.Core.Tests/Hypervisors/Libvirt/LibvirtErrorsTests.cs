using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Hypervisors.Libvirt;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

/// <summary>Errors as libvirt 9 gave them, and what the user is told.</summary>
public sealed class LibvirtErrorsTests
{
    private const string Uri = "qemu:///system";

    [Fact]
    public void A_library_that_is_not_installed_is_named_with_the_way_to_get_it()
    {
        VmStatsException error = Assert.Throws<VmStatsException>(() => LibvirtLibrary.Find(["libvirt-that-is-nowhere.so.0", "/nonexistent/libvirt.so.0"]));
        Assert.Equal(("LibvirtNotInstalled", VmStatsErrorKind.NotSupported), (error.ErrorId, error.Kind));
        Assert.Contains("libvirt-that-is-nowhere.so.0", error.Message, StringComparison.Ordinal);
        Assert.Equal("libvirt-that-is-nowhere.so.0", error.Target);
        Assert.Contains(OperatingSystem.IsLinux() ? "apt-get install libvirt0" : "sim://", error.Recommendation, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_first_library_that_is_there_is_taken()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        Assert.NotEqual(0, LibvirtLibrary.Find(["libvirt-that-is-nowhere.so.0", "libvirt.so.0"]));
    }

    [Theory]
    [InlineData(38, 7, 2, "Failed to connect socket to '/run/x': No such file or directory", "HypervisorUnreachable")]
    [InlineData(38, 7, 111, "unable to connect to server at 'h:16509': Connection refused", "HypervisorUnreachable")]
    [InlineData(38, 7, 13, "Failed to connect socket to '/run/x': Permission denied", "LibvirtPermissionDenied")]
    [InlineData(45, 7, 0, "authentication failed", "LibvirtPermissionDenied")]
    [InlineData(80, 7, 0, "authentication unavailable: no polkit agent available", "LibvirtPermissionDenied")]
    [InlineData(5, 0, 0, "no connection driver available for foo:///bar", "InvalidHypervisorUri")]
    public void Opening(int code, int domain, int errno, string message, string id) =>
        Check(LibvirtErrors.Opening(Error(code, domain, errno, message), Uri), message, id);

    [Theory]
    [InlineData(38, 7, 32, "Cannot write data: Broken pipe", "HypervisorUnreachable")]
    [InlineData(1, 7, 0, "client socket is closed", "HypervisorUnreachable")]
    [InlineData(3, 12, 0, "this function is not supported by the connection driver: virDomainGetJobInfo", "LibvirtNotSupported")]
    [InlineData(74, 0, 0, "Stats types bits 0x2 are not supported by this daemon", "LibvirtNotSupported")]
    [InlineData(68, 10, 0, "Timed out during operation: cannot acquire state change lock", "VmBusy")]
    [InlineData(88, 0, 0, "access denied", "LibvirtPermissionDenied")]
    [InlineData(1, 10, 0, "internal error: something", "LibvirtOperationFailed")]
    public void Calling(int code, int domain, int errno, string message, string id) =>
        Check(LibvirtErrors.Calling(Error(code, domain, errno, message), Uri), message, id);

    [Theory]
    [InlineData(42, 10, 0, "Domain not found: no domain with matching uuid", true, "VmNotFound")]
    [InlineData(55, 20, 0, "Requested operation is not valid: domain is not running", false, "VmNotRunning")]
    [InlineData(9, 10, 0, "operation failed: domain is not running", false, "VmNotRunning")]
    [InlineData(38, 10, 2, "Failed to create file '/nonexistent/x': No such file or directory", true, "DumpPathNotWritable")]
    [InlineData(38, 10, 13, "Failed to create file '/root/x': Permission denied", true, "DumpPathNotWritable")]
    [InlineData(9, 0, 0, "operation failed: libvirt_iohelper: failure with F: Unable to write F: No space left on device", true, "DiskFull")]
    [InlineData(38, 10, 28, "unable to write: voll", true, "DiskFull")]
    [InlineData(1, 0, 0, "internal error: Child process (libvirt_iohelper) unexpected fatal signal 13", true, "DumpStreamClosed")]
    [InlineData(9, 10, 0, "dump: failed to save memory: Broken pipe", true, "DumpStreamClosed")]
    [InlineData(29, 20, 0, "operation virDomainCoreDumpWithFormat forbidden for read only access", true, "LibvirtPermissionDenied")]
    [InlineData(8, 10, 0, "unsupported dumpformat 'kdump-lzo' for this QEMU binary", true, "DumpFormatNotSupported")]
    [InlineData(38, 7, 32, "Cannot write data: Broken pipe", true, "HypervisorUnreachable")]
    public void Dumping(int code, int domain, int errno, string message, bool isActive, string id)
    {
        DumpRequest request = new(Guid.NewGuid(), "vm", "/dumps/x");
        Check(LibvirtErrors.OfDump(Error(code, domain, errno, message), request, new CoreDumpOptions(), Uri, isActive), message, id);
    }

    private static void Check(VmStatsException e, string serverText, string id)
    {
        Assert.Equal(id, e.ErrorId);
        Assert.NotEmpty(e.Recommendation!);
        Assert.NotNull(e.Target);
        Assert.Contains(serverText, e.Message + e.InnerException?.Message, StringComparison.Ordinal);
    }

    private static LibvirtException Error(int code, int domain, int errno, string message) => new(new(code, domain, errno, message));
}
