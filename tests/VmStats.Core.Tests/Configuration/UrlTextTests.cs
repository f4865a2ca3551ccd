using Microsoft.Extensions.Configuration;
using VmStats.Configuration;
using VmStats.Dumps.Service;
using VmStats.Infrastructure.EnvironmentVariables;

namespace VmStats.Core.Tests.Configuration;

/// <summary>An address means the same wherever it is written.</summary>
public sealed class UrlTextTests
{
    [Theory]
    [InlineData("kvm1:5001", "http://kvm1:5001/")]
    [InlineData("  kvm1:5001 ", "http://kvm1:5001/")]
    [InlineData("https://[::1]:8181/behind/", "https://[::1]:8181/behind/")]
    [InlineData("http://", null)]
    [InlineData("/var/lib/t.db", null)]
    [InlineData("http://kvm1?db=x", null)]
    [InlineData("kvm1#x", null)]
    [InlineData("ftp://kvm1", null)]
    public void In_a_parameter_in_a_variable_and_as_a_services_address(string text, string? expected)
    {
        Assert.Equal(expected, Read(() => StoreAddress.Parse(text, "-Url")));
        Assert.Equal(expected, Read(() => MemoryDumpServiceClient.ParseAddress(text)));
        Assert.Equal(expected, Read(() => Environment("INFLUX_URL", text).Connection.Url));
        Assert.Equal(expected, Read(() => Environment("MEMDUMP_SERVICE_URL", text).MemoryDumpServiceUrl));
    }

    [Theory]
    [InlineData("file:///var/lib/t%20x.db", "file:///var/lib/t%20x.db")]
    [InlineData("file:/var/lib/t.db", null)]
    [InlineData("file://server/share/t.db", null)]
    [InlineData("file:///", null)]
    public void A_file_is_one_of_this_machine(string text, string? expected)
    {
        Assert.Equal(expected, Read(() => StoreAddress.Parse(text, "-Url")));
        Assert.Equal(expected, Read(() => Environment("INFLUX_URL", text).Connection.Url));
        Assert.Null(Read(() => MemoryDumpServiceClient.ParseAddress(text)));
    }

    private static string? Read(Func<Uri?> read)
    {
        try
        {
            return read()?.AbsoluteUri;
        }
        catch (VmStatsException)
        {
            return null;
        }
    }

    private static VmStatsSettings Environment(string variable, string text) => new EnvironmentReader(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [variable] = text, ["INFLUX_DB"] = "vms", ["INFLUX_URL"] = variable == "INFLUX_URL" ? text : "http://x" }).Build()).Read();
}
