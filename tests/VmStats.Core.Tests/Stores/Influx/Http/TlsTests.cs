using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;
using VmStats.Diagnostics;
using VmStats.Fixtures.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;
using static VmStats.Core.Tests.Stores.Influx.Http.ConnectionTrial;

namespace VmStats.Core.Tests.Stores.Influx.Http;

/// <summary>A server's certificate: trusted by a file of authorities, and refused with the reason that it is refused for.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-tls-").FullName;

    public void Dispose()
    {
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("localhost", false, true, null)]
    [InlineData("localhost", false, false, "InfluxCertificateUntrusted")]
    [InlineData("other.example.org", false, true, "InfluxCertificateNameMismatch")]
    [InlineData("localhost", true, true, "InfluxCertificateOutOfDate")]
    public async Task A_certificate_is_trusted_or_its_fault_is_named(string host, bool isExpired, bool isKnown, string? error)
    {
        using X509Certificate2 certificate = _certificates.Issue(host, isExpired);
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(certificate: certificate);
        server.Answer(200, "{\"x\":1}\n").Answer(204);
        ConnectionOptions options = Options(server) with { CertificateAuthority = isKnown ? Authority() : null };
        Finding link = await LinkAsync(options);
        if (error is null)
        {
            Assert.Equal(1, await CountAsync(options));
            await WriteAsync(options);
            Assert.Equal(VmStatsConnectionCheckResult.Passed, link.Result);
            return;
        }

        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(options));
        Assert.Equal((error, VmStatsErrorKind.Protocol, false), (failure.ErrorId, failure.Kind, failure.IsTransient));
        Assert.NotNull(failure.Recommendation);
        InfluxException write = await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(options));
        Assert.Equal((failure.ErrorId, failure.Message), (write.ErrorId, write.Message));
        Assert.Empty(server.Requests);

        // The check of the connection finds what the connection would, and names it by the same words.
        CertificateRefusedException refused = Assert.IsType<CertificateRefusedException>(failure.InnerException!.GetBaseException());
        Assert.Equal(VmStatsConnectionCheckResult.Failed, link.Result);
        Assert.Contains(refused.Message, link.Detail, StringComparison.Ordinal);
        Assert.Equal(VmStatsConnectionCheckResult.Warning, (await LinkAsync(options with { SkipCertificateCheck = true })).Result);
        Assert.Equal(1, await CountAsync(options with { SkipCertificateCheck = true }));
        await WriteAsync(options with { SkipCertificateCheck = true });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_authority_of_a_file_is_trusted(bool isFirst)
    {
        using TestCertificates other = new();
        using X509Certificate2 certificate = _certificates.Issue("localhost");
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(certificate: certificate);
        server.Answer(200, "{\"x\":1}\n").Answer(204);
        string path = Path.Combine(_folder, "bundle.pem");
        string[] authorities = isFirst ? [_certificates.AuthorityPem, other.AuthorityPem] : [other.AuthorityPem, _certificates.AuthorityPem];
        await File.WriteAllTextAsync(path, string.Join('\n', authorities));
        ConnectionOptions options = Options(server) with { CertificateAuthority = path };
        Assert.Equal(1, await CountAsync(options));
        await WriteAsync(options);
    }

    [Theory]
    [InlineData("ca.cer")]
    [InlineData("ca.p7b")]
    public async Task A_binary_file_of_authorities_is_read(string name)
    {
        using X509Certificate2 certificate = _certificates.Issue("localhost");
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(certificate: certificate);
        server.Answer(200, "{\"x\":1}\n").Answer(204);
        string path = Path.Combine(_folder, name);
        await File.WriteAllBytesAsync(path, name == "ca.cer" ? _certificates.AuthorityDer : _certificates.AuthorityPkcs7);
        ConnectionOptions options = Options(server) with { CertificateAuthority = path };
        Assert.Equal(1, await CountAsync(options));
        await WriteAsync(options);
    }

    [Fact]
    public async Task A_name_mismatch_says_whose_certificate_it_is()
    {
        using X509Certificate2 certificate = _certificates.Issue("other.example.org");
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(certificate: certificate);
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(Options(server) with { CertificateAuthority = Authority() }));
        Assert.Contains("other.example.org", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_without_TLS_is_told_from_a_bad_certificate()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(Options(server) with { Url = new UriBuilder(server.Url) { Scheme = "https", Host = "localhost" }.Uri }));
        Assert.Equal("InfluxTlsFailed", failure.ErrorId);
        failure = await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(Options(server) with { Url = new UriBuilder(server.Url) { Scheme = "https", Host = "localhost" }.Uri }));
        Assert.Equal("InfluxTlsFailed", failure.ErrorId);
    }

    [Theory]
    [InlineData(null, "CertificateAuthorityUnreadable")]
    [InlineData("no certificate", "CertificateAuthorityEmpty")]
    public async Task A_file_of_authorities_that_is_none_is_named(string? content, string error)
    {
        string path = Path.Combine(_folder, "ca.pem");
        if (content is not null)
        {
            await File.WriteAllTextAsync(path, content);
        }

        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(Options(server) with { CertificateAuthority = path }));
        Assert.Equal(error, failure.ErrorId);
        Assert.Equal(failure.Message, (await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(Options(server) with { CertificateAuthority = path }))).Message);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    private static ConnectionOptions Options(Influx3StandIn server) => new()
    {
        Url = new UriBuilder(server.Url) { Host = "localhost" }.Uri,
        Database = "vms",
        Token = new Secret("apiv3_s3cret", "INFLUX_TOKEN"),
        Api = InfluxApi.V3,
    };

    private string Authority()
    {
        string path = Path.Combine(_folder, "ca.pem");
        File.WriteAllText(path, _certificates.AuthorityPem);
        return path;
    }
}
