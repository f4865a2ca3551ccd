using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using VmStats.Configuration;
using VmStats.Diagnostics;
using VmStats.Fixtures.Influx;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using static VmStats.Core.Tests.Stores.Influx.Http.ConnectionTrial;

namespace VmStats.Core.Tests.Stores.Influx.Http;

/// <summary>A server that demands a client's certificate: it gets the one that was given, and what it makes of it is told.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private const string Password = "pw-must-not-show";
    private readonly TestCertificates _certificates = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-client-").FullName;

    public void Dispose()
    {
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public static TheoryData<string, SslProtocols> Forms()
    {
        TheoryData<string, SslProtocols> data = [];
        foreach (string form in (string[])["object", "pfx", "pfx with password", "pem", "pem with password", "pem pair"])
        {
            data.Add(form, SslProtocols.Tls12);
            data.Add(form, SslProtocols.Tls13);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Reads_and_writes_show_the_certificate_that_was_given(string form, SslProtocols protocol)
    {
        using X509Certificate2 own = _certificates.Issue("collector.example.org");
        List<string> seen = [];
        await using Influx3StandIn server = await StartAsync(protocol, seen);
        server.Answer(200, "{\"x\":1}\n").Answer(204);
        ConnectionOptions options = Options(server) with { ClientCertificate = Give(own, form) };
        Assert.Equal(1, await CountAsync(options));
        await WriteAsync(options);
        Assert.Equal(2, seen.Count);
        Assert.All(seen, thumbprint => Assert.Equal(own.Thumbprint, thumbprint));
        Assert.Equal(VmStatsConnectionCheckResult.Passed, (await LinkAsync(options)).Result);
        Assert.DoesNotContain("must-not-show", options.ToString() + options.ClientCertificate, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Without_one_it_is_told_that_the_server_wants_one(SslProtocols protocol)
    {
        await using Influx3StandIn server = await StartAsync(protocol, []);
        server.Answer(200, "{\"x\":1}\n");
        ConnectionOptions options = Options(server);
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(options));
        Assert.Equal(("InfluxClientCertificateWanted", VmStatsErrorKind.Protocol, false), (failure.ErrorId, failure.Kind, failure.IsTransient));
        Assert.Contains("-ClientCertificate", failure.Recommendation!, StringComparison.Ordinal);
        Assert.Equal(failure.Message, (await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(options))).Message);
        Assert.Empty(server.Requests);

        // With TLS 1.3 the client's handshake is over before the server looks.
        Finding link = await LinkAsync(options);
        Assert.Contains("client certificate", link.Detail, StringComparison.Ordinal);
        Assert.Equal(protocol == SslProtocols.Tls13 ? VmStatsConnectionCheckResult.Warning : link.Result, link.Result);
        Assert.NotEqual(VmStatsConnectionCheckResult.Passed, link.Result);
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("pfx")]
    public async Task The_authorities_between_go_with_it(string form)
    {
        (X509Certificate2 own, X509Certificate2 between) = _certificates.IssueThrough("collector.example.org");
        await using Influx3StandIn server = await StartAsync(SslProtocols.Tls13, []);
        server.Answer(200, "{\"x\":1}\n");
        string path = Path.Combine(_folder, "chain");
        using ECDsa key = own.GetECDsaPrivateKey()!;
        await (form == "pem"
            ? File.WriteAllTextAsync(path, string.Join('\n', own.ExportCertificatePem(), between.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem()))
            : File.WriteAllBytesAsync(path, new X509Certificate2Collection(new[] { between, own }).Export(X509ContentType.Pfx)!));
        Assert.Equal(1, await CountAsync(Options(server) with { ClientCertificate = new ClientCertificate(path) }));
        own.Dispose();
        between.Dispose();
    }

    [Fact]
    public async Task One_that_only_asks_is_content_without()
    {
        using X509Certificate2 certificate = _certificates.Issue("localhost");
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(certificate: certificate, https: https => https.ClientCertificateMode = ClientCertificateMode.AllowCertificate);
        server.Answer(200, "{\"x\":1}\n").Answer(200, "{\"x\":1}\n").AnswerCutOff("{\"x\"");
        ConnectionOptions options = Options(server);
        using InfluxQuery influx = new(options, new VmStats.Infrastructure.Infrastructure());
        Assert.Equal(1, await CountAsync(influx));
        Assert.Equal(1, await CountAsync(influx));
        Assert.Equal("InfluxAnswerCutOff", (await Assert.ThrowsAsync<InfluxException>(() => CountAsync(influx))).ErrorId);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task One_that_the_server_does_not_take_is_named(SslProtocols protocol)
    {
        using TestCertificates other = new();
        using X509Certificate2 own = other.Issue("collector.example.org");
        await using Influx3StandIn server = await StartAsync(protocol, []);
        server.Answer(200, "{\"x\":1}\n");
        ConnectionOptions options = Options(server) with { ClientCertificate = Give(own, "pfx with password") };
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(options));
        Assert.Equal("InfluxClientCertificateRefused", failure.ErrorId);
        Assert.Contains("CN=collector.example.org", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("must-not-show", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(failure.Message, (await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(options))).Message);
    }

    [Theory]
    [InlineData("missing", "ClientCertificateUnreadable")]
    [InlineData("rubbish", "ClientCertificateUnreadable")]
    [InlineData("wrong password", "ClientCertificateUnreadable")]
    [InlineData("no password", "ClientCertificateUnreadable")]
    [InlineData("encrypted key", "ClientCertificateUnreadable")]
    [InlineData("another's key", "ClientCertificateUnreadable")]
    [InlineData("no key", "ClientCertificateWithoutKey")]
    [InlineData("no key in pfx", "ClientCertificateWithoutKey")]
    [InlineData("object without key", "ClientCertificateWithoutKey")]
    public async Task A_file_that_is_none_is_named_and_nothing_that_is_in_it(string fault, string error)
    {
        using X509Certificate2 own = _certificates.Issue("collector.example.org"), another = _certificates.Issue("another.example.org");
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(own.RawData);
        string path = Path.Combine(_folder, "client");
        ClientCertificate given = new(path);
        switch (fault)
        {
            case "rubbish":
                await File.WriteAllTextAsync(path, "no certificate");
                break;
            case "wrong password":
                given = Give(own, "pfx with password") with { Password = new Secret("wrong-must-not-show", "-ClientCertificatePassword") };
                break;
            case "no password":
                given = Give(own, "pfx with password") with { Password = null };
                break;
            case "encrypted key":
                given = Give(own, "pem with password") with { Password = null };
                break;
            case "another's key":
                given = Give(own, "pem pair") with { KeyPath = Give(another, "pem", "another").Path };
                break;
            case "no key":
                await File.WriteAllTextAsync(path, own.ExportCertificatePem());
                break;
            case "no key in pfx":
                await File.WriteAllBytesAsync(path, bare.Export(X509ContentType.Pfx));
                break;
            case "object without key":
                given = new ClientCertificate(bare);
                break;
        }

        await using Influx3StandIn server = await StartAsync(SslProtocols.Tls13, []);
        ConnectionOptions options = Options(server) with { ClientCertificate = given };
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(options));
        Assert.Equal((error, VmStatsErrorKind.InvalidArgument), (failure.ErrorId, failure.Kind));
        Assert.Contains(given.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("must-not-show", failure.ToString() + failure.Recommendation, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY-----", failure.ToString() + failure.Recommendation, StringComparison.Ordinal);
        Assert.Equal(failure.Message, (await Assert.ThrowsAsync<InfluxException>(() => WriteAsync(options))).Message);
    }

    [Theory]
    [InlineData("No required SSL certificate was sent", "InfluxClientCertificateWanted")]
    [InlineData("The SSL certificate error", "InfluxClientCertificateRefused")]
    public async Task A_proxy_that_answers_for_the_server_is_understood(string words, string error)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(400, $"<html>\r\n<head><title>400 {words}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>{words}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n");
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(new ConnectionOptions { Url = server.Url, Database = "vms", Api = InfluxApi.V3 }));
        Assert.Equal(error, failure.ErrorId);
    }

    private async Task<Influx3StandIn> StartAsync(SslProtocols protocol, List<string> seen) => await Influx3StandIn.StartAsync(
        certificate: _certificates.Issue("localhost"),
        https: https =>
        {
            https.SslProtocols = protocol;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, chain, _) =>
            {
                lock (seen)
                {
                    seen.Add(certificate.Thumbprint);
                }

                return _certificates.IsSigned(certificate, chain);
            };
        });

    private ConnectionOptions Options(Influx3StandIn server)
    {
        string authority = Path.Combine(_folder, "ca.pem");
        File.WriteAllText(authority, _certificates.AuthorityPem);
        return new ConnectionOptions
        {
            Url = new UriBuilder(server.Url) { Host = "localhost" }.Uri,
            Database = "vms",
            Api = InfluxApi.V3,
            CertificateAuthority = authority,
        };
    }

    private ClientCertificate Give(X509Certificate2 certificate, string form, string name = "own")
    {
        string path = Path.Combine(_folder, name);
        Secret? password = form.EndsWith("password", StringComparison.Ordinal) ? new Secret(Password, "-ClientCertificatePassword") : null;
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        switch (form)
        {
            case "object":
                return new ClientCertificate(certificate);
            case "pfx" or "pfx with password":
                File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx, password?.Reveal()));
                break;
            case "pem":
                File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
                break;
            case "pem with password":
                PbeParameters encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
                File.WriteAllText(path, $"{key.ExportEncryptedPkcs8PrivateKeyPem(Password, encryption)}\n{certificate.ExportCertificatePem()}\n");
                break;
            default:
                File.WriteAllText(path, certificate.ExportCertificatePem());
                File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
                return new ClientCertificate(path) { KeyPath = path + ".key", Source = "INFLUX_CLIENT_CERT" };
        }

        return new ClientCertificate(path) { Password = password };
    }
}
