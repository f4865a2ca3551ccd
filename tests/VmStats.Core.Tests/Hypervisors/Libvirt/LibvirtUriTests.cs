using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors.Libvirt;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

public sealed class LibvirtUriTests
{
    [Theory]
    [InlineData("qemu:///system", true)]
    [InlineData("qemu:///session", true)]
    [InlineData("test:///default", true)]
    [InlineData("qemu+unix:///system?socket=/run/x@y", true)]
    [InlineData("qemu+ssh://host/system", false)]
    [InlineData("qemu+ssh://root@host:22/system", false)]
    [InlineData("qemu+tls://host/system", false)]
    [InlineData("qemu://host/system", false)]
    [InlineData("qemu+ssh://localhost/system", false)]
    [InlineData("qemu+ssh:///system", false)]
    public void Local_is_what_opens_paths_on_this_machine(string uri, bool isLocal) =>
        Assert.Equal(isLocal, LibvirtUri.IsLocal(uri));

    [Theory]
    [InlineData("qemu:///system", "qemu:///system")]
    [InlineData("qemu+ssh://root:pa@ss@host:22/system?no_tty=1", "qemu+ssh://host:22/system?no_tty=1")]
    [InlineData("qemu+unix:///session?socket=/tmp/a@b", "qemu+unix:///session?socket=/tmp/a@b")]
    [InlineData("esx://u@h/?Password=x&no_verify=1", "esx://h/?Password=***&no_verify=1")]
    public void No_user_and_no_secret_is_shown(string uri, string shown) => Assert.Equal(shown, LibvirtUri.Redact(uri));

    [SkippableTheory]
    [InlineData("/var/run/libvirt-sock")]
    [InlineData("qemu system")]
    [InlineData("://x")]
    [InlineData("qemu:/system")]
    public void What_can_not_be_a_uri_is_refused(string uri)
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        VmStatsException e = Assert.Throws<VmStatsException>(() => HypervisorFactory.Open(uri, new VmStatsSettings()));
        Assert.Equal("InvalidHypervisorUri", e.ErrorId);
        Assert.Contains("qemu:///system", e.Recommendation, StringComparison.Ordinal);
    }
}
