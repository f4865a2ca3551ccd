using System.Management.Automation;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

[Collection(ModuleCollection.Name)]
public sealed class ConnectionCommandTests : IDisposable
{
    private const string Token = "s3cret-t0ken-that-must-not-show";

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string?, string?, string, ErrorCategory> Wrong => new()
    {
        { "Get-VmTelemetry", "INFLUX_TOKEN", Token, "UrlMissing", ErrorCategory.InvalidArgument },
        { "Get-VmTelemetry", "INFLUX_DB", "vms", "UrlMissing", ErrorCategory.InvalidArgument },
        { "Get-VmTelemetry", "INFLUX_URL", "ftp://host", "InvalidEnvironmentVariable", ErrorCategory.InvalidArgument },
        { "Get-VmTelemetry", "INFLUX_URL", "http://127.0.0.1:1", "DatabaseMissing", ErrorCategory.InvalidArgument },
        { "Start-VmTelemetryCollector", "POLL_INTERVAL", "often", "InvalidEnvironmentVariable", ErrorCategory.InvalidArgument },
        { "Connect-VmStats ftp://host db", null, null, "InvalidUrl", ErrorCategory.InvalidArgument },
        { "Connect-VmStats 'http://' db", null, null, "InvalidUrl", ErrorCategory.InvalidArgument },
        { "Connect-VmStats 'http://127.0.0.1:1/?db=x' vms", null, null, "InvalidUrl", ErrorCategory.InvalidArgument },
        { "Connect-VmStats http://127.0.0.1:1 vms -Token ([securestring]::new())", null, null, "TokenMalformed", ErrorCategory.InvalidArgument },
        { "Connect-VmStats -Path Env:a.db", null, null, "PathNotOfFile", ErrorCategory.InvalidArgument },
        { "Connect-VmStats https://127.0.0.1:1 vms -CertificateAuthority Env:x", null, null, "PathNotOfFile", ErrorCategory.InvalidArgument },
        { "Connect-VmStats https://127.0.0.1:1 vms -ClientCertificate Env:x", null, null, "PathNotOfFile", ErrorCategory.InvalidArgument },
        { "Connect-VmStats https://127.0.0.1:1 vms -ClientCertificate /nosuchfile.pfx", null, null, "ClientCertificateUnreadable", ErrorCategory.InvalidArgument },
        { $"Connect-VmStats https://127.0.0.1:1 vms -ClientCertificatePassword ([Net.NetworkCredential]::new('', '{Token}').SecurePassword)", null, null, "ClientCertificateFileMissing", ErrorCategory.InvalidArgument },
        { $"Connect-VmStats https://127.0.0.1:1 vms -ClientCertificate /etc/hostname -ClientCertificatePassword ([Net.NetworkCredential]::new('', '{Token}').SecurePassword)", null, null, "ClientCertificateUnreadable", ErrorCategory.InvalidArgument },
        { "Get-VmTelemetry", "INFLUX_CLIENT_KEY", "/etc/client.key", "InvalidEnvironmentVariable", ErrorCategory.InvalidArgument },
        { "$c = Connect-VmStats http://127.0.0.1:1 vms -NoProbe -PassThru; Disconnect-VmStats $c; Get-VmTelemetry -Connection $c", null, null, "ConnectionClosed", ErrorCategory.InvalidOperation },
        { "Connect-VmStats http://127.0.0.1:1 vms -NoProbe; $c = Get-VmStatsConnection; Connect-VmStats http://127.0.0.1:1 other -NoProbe; Get-VmTelemetry -Connection $c", null, null, "ConnectionClosed", ErrorCategory.InvalidOperation },
        { "Connect-VmStats 'file:///tmp/a.db#x'", null, null, "InvalidUrl", ErrorCategory.InvalidArgument },
        { "Connect-VmStats /tmp/a.db", null, null, "InvalidUrl", ErrorCategory.InvalidArgument },
        { $"$t = [securestring]::new(); '{Token}'.ToCharArray() | ForEach-Object {{ $t.AppendChar($_) }}; Connect-VmStats http://127.0.0.1:1 vms -NoProbe -Token $t -Credential ([pscredential]::new('u', $t))", null, null, "AuthenticationAmbiguous", ErrorCategory.InvalidArgument },
        { "Connect-VmStats http://127.0.0.1:1 vms -Api V1", null, null, "InfluxUnreachable", ErrorCategory.ResourceUnavailable },
        { "Connect-VmStats http://127.0.0.1:1 vms -Api V1 -NoProbe; Get-VmTelemetry", null, null, "InfluxUnreachable", ErrorCategory.ResourceUnavailable },
        { "Get-MonitoredVm -Live -HypervisorUri sim://fleet?vms=many", null, null, "InvalidHypervisorUri", ErrorCategory.InvalidArgument },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_one_error_that_shows_no_secret(string script, string? variable, string? value, string id, ErrorCategory category)
    {
        Dictionary<string, string?> variables = variable is null ? [] : new() { [variable] = value };
        using ModuleRunspace session = new(variables);
        Records records = session.InvokeRecords("$VerbosePreference = 'Continue'; " + script);
        Assert.Empty(records.Output);
        ErrorRecord error = records.SingleError;
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
        string shown = $"{error} {error.Exception} {error.ErrorDetails.RecommendedAction} {string.Join(' ', records.Verbose)} {string.Join(' ', records.Warnings)}";
        Assert.DoesNotContain(Token, shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_store_is_named_once_a_session()
    {
        using ModuleRunspace session = new();
        Assert.Contains("telemetry.db", Assert.Single(session.InvokeRecords("Get-MonitoredVm").NoErrors().Warnings), StringComparison.Ordinal);
        Assert.Empty(session.InvokeRecords("Get-MonitoredVm").NoErrors().Warnings);
    }

    [Fact]
    public void The_environment_names_a_store_and_Connect_overrides_it()
    {
        using ModuleRunspace session = new(new Dictionary<string, string?> { ["INFLUX_URL"] = $"file://{_folder.Path}/env.db" });
        Assert.Equal("INFLUX_URL", Assert.Single(session.Invoke("Get-VmStatsConnection")).Properties["Source"].Value);
        session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/odd name # %.db'").NoErrors();
        PSObject connected = Assert.Single(session.Invoke("Get-VmStatsConnection"));
        Assert.Equal($"{_folder.Path}/odd name # %.db", connected.Properties["Address"].Value);
        Assert.Equal(true, connected.Properties["IsDefault"].Value);
        Assert.True(File.Exists($"{_folder.Path}/odd name # %.db"));
        session.InvokeRecords("Disconnect-VmStats").NoErrors();
        Assert.Equal("INFLUX_URL", Assert.Single(session.Invoke("Get-VmStatsConnection")).Properties["Source"].Value);
    }

    [Theory]
    [InlineData("Connect-VmStats http://127.0.0.1:1 vms -Api V1", "InfluxUnreachable")]
    [InlineData("Connect-VmStats ftp://host vms", "InvalidUrl")]
    public void A_connection_that_fails_leaves_the_one_before_and_says_so(string script, string id)
    {
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/one.db'").NoErrors();
        Records records = session.InvokeRecords(script);
        Assert.Equal(id, records.SingleError.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains($"{_folder.Path}/one.db", Assert.Single(records.Warnings), StringComparison.Ordinal);
        Assert.Equal($"{_folder.Path}/one.db", Assert.Single(session.Invoke("Get-VmStatsConnection")).Properties["Address"].Value);
        Assert.Empty(session.InvokeRecords("Get-MonitoredVm").NoErrors().Output);
        Assert.Empty(session.InvokeRecords(script + " -PassThru").Warnings);
    }

    [Fact]
    public void A_proxy_that_cannot_be_reached_is_named()
    {
        using ModuleRunspace session = new();
        ErrorRecord error = session.InvokeRecords("Connect-VmStats http://server.example:8086 vms -Api V1 -Proxy http://127.0.0.1:1").SingleError;
        Assert.StartsWith("InfluxProxyUnreachable,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:1 (from -Proxy)", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP://LOCALHOST:18086", "http://localhost:18086")]
    [InlineData(" http://127.0.0.1:18086/ ", "http://127.0.0.1:18086")]
    [InlineData("http://[::1]:18086", "http://[::1]:18086")]
    [InlineData("[::1]:18086", "http://[::1]:18086")]
    [InlineData("https://proxy.example/influx/one/", "https://proxy.example/influx/one")]
    public void Addresses_are_read_alike_from_a_parameter_and_from_the_environment(string url, string address)
    {
        using ModuleRunspace session = new(new Dictionary<string, string?> { ["INFLUX_URL"] = url, ["INFLUX_DB"] = "vms" });
        Assert.Equal(address, Assert.Single(session.Invoke("Get-VmStatsConnection")).Properties["Address"].Value);
        session.InvokeRecords($"Connect-VmStats '{url}' vms -NoProbe").NoErrors();
        Assert.Equal(address, Assert.Single(session.Invoke("Get-VmStatsConnection")).Properties["Address"].Value);
    }

    [Fact]
    public void A_connection_can_be_passed_on_without_becoming_the_default()
    {
        using ModuleRunspace session = new();
        session.InvokeRecords($"$one = Connect-VmStats -Path '{_folder.Path}/one.db' -PassThru -HypervisorUri 'sim://fleet?vms=3'; Start-VmTelemetryCollector -Connection $one -Count 1 -Wait").NoErrors();
        Assert.Equal(3, session.InvokeRecords("Get-MonitoredVm -Connection $one").NoErrors().Output.Count);
        Assert.NotEmpty(session.InvokeRecords("Get-MonitoredVm").Warnings);
    }

    [Theory]
    [InlineData("Connect-VmStats http://other:pass2@127.0.0.1:1", "Basic (other)")]
    [InlineData("Connect-VmStats http://127.0.0.1:1 -Credential ([pscredential]::new('third', [Net.NetworkCredential]::new('', 'x').SecurePassword))", "Basic (third)")]
    [InlineData("Connect-VmStats -Credential ([pscredential]::new('third', [Net.NetworkCredential]::new('', 'x').SecurePassword))", "Basic (third)")]
    [InlineData("Connect-VmStats http://127.0.0.1:1", "Token (INFLUX_TOKEN)")]
    public void What_Connect_is_told_of_authentication_wins_over_the_environment(string connect, string authentication)
    {
        using ModuleRunspace session = new(new Dictionary<string, string?> { ["INFLUX_URL"] = "http://127.0.0.1:1", ["INFLUX_TOKEN"] = Token, ["INFLUX_DB"] = "vms" });
        PSObject connection = Assert.Single(session.InvokeRecords(connect + " -Api V1 -NoProbe -PassThru").NoErrors().Output);
        Assert.Equal(authentication, connection.Properties["Authentication"].Value);
    }

    [Fact]
    public void A_client_certificate_belongs_to_the_server_that_it_was_given_for()
    {
        using ModuleRunspace session = new(new Dictionary<string, string?>
        {
            ["INFLUX_URL"] = "https://one.example:8181",
            ["INFLUX_DB"] = "vms",
            ["INFLUX_CLIENT_CERT"] = "/etc/client.pem",
            ["INFLUX_CLIENT_KEY"] = "/etc/client.key",
        });
        string Shown(string connect) => (string)Assert.Single(session.InvokeRecords(connect + " -NoProbe -PassThru").NoErrors().Output).Properties["Authentication"].Value;
        Assert.Equal("Client certificate (INFLUX_CLIENT_CERT)", Shown("Connect-VmStats"));
        Assert.Equal("Client certificate (INFLUX_CLIENT_CERT)", Shown("Connect-VmStats https://one.example:8181 other"));
        Assert.Equal("None", Shown("Connect-VmStats https://two.example:8181 vms"));
        Assert.Equal("Client certificate (-ClientCertificate)", Shown("Connect-VmStats https://two.example:8181 vms -ClientCertificate /etc/own.pfx"));
    }

    [Fact]
    public void A_server_that_was_not_asked_yet_is_not_given_a_version()
    {
        using ModuleRunspace session = new();
        session.InvokeRecords("Connect-VmStats http://127.0.0.1:1 vms -NoProbe").NoErrors();
        PSObject connection = Assert.Single(session.Invoke("Get-VmStatsConnection"));
        Assert.Equal("http://127.0.0.1:1 vms", connection.ToString());
        Assert.Null(connection.Properties["Kind"].Value);
    }

    [SkippableFact]
    public void Libvirts_default_that_cannot_be_reached_has_an_error_id_and_a_way_out()
    {
        using ModuleRunspace session = new();
        Records records = session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'; Start-VmTelemetryCollector -WhatIf");
        Skip.If(records.Errors.Count == 0, "libvirt's default can be reached here.");
        Assert.NotNull(records.SingleError.ErrorDetails?.RecommendedAction);
        Assert.DoesNotContain("Exception", records.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Test_walks_the_links_and_names_the_broken_one()
    {
        using ModuleRunspace session = new();
        session.InvokeRecords("Connect-VmStats http://127.0.0.1:1 vms -Api V1 -NoProbe").NoErrors();
        IReadOnlyList<PSObject> links = session.InvokeRecords("Test-VmStatsConnection -Detailed").NoErrors().Output;
        Assert.Equal(["Passed", "Failed", "Skipped"], links.Take(3).Select(link => $"{link.Properties["Result"].Value}"));
        Assert.NotNull(links[1].Properties["Remedy"].Value);
        Assert.Equal([false], session.Invoke<bool>("Test-VmStatsConnection -Quiet"));
        session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();
        Assert.Equal([true], session.Invoke<bool>("Test-VmStatsConnection -Quiet"));
    }

    [Fact]
    public void Whether_the_way_holds_is_a_truth_value_and_a_warning_names_the_broken_link()
    {
        const string Guard = "if (Test-VmStatsConnection) { 'goes on' } else { 'stops' }";
        using ModuleRunspace session = new();
        session.InvokeRecords("Connect-VmStats http://127.0.0.1:1 vms -Api V1 -NoProbe").NoErrors();
        Records dead = session.InvokeRecords(Guard).NoErrors();
        Assert.Equal(["stops"], dead.Of<string>());
        Assert.StartsWith("TCP: Failed: ", Assert.Single(dead.Warnings), StringComparison.Ordinal);
        Assert.Empty(session.InvokeRecords("Test-VmStatsConnection -Quiet").NoErrors().Warnings);

        session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'; $null = Start-VmTelemetryCollector -HypervisorUri 'sim://fleet?vms=1' -Count 1 -Wait").NoErrors();
        Records alive = session.InvokeRecords(Guard).NoErrors();
        Assert.Equal(["goes on"], alive.Of<string>());
        Assert.Empty(alive.Warnings);
    }

    [Theory]
    [InlineData("", "INFLUX_TOKEN", "secret")]
    [InlineData("", "INFLUX_URL", "no://url")]
    [InlineData("-Connection $closed", "INFLUX_DB", null)]
    public void Where_no_store_is_named_as_it_should_be_the_answer_is_no(string argument, string variable, string? value)
    {
        using ModuleRunspace session = new(new Dictionary<string, string?> { [variable] = value });
        session.InvokeRecords($"$closed = Connect-VmStats -Path '{_folder.Path}/t.db' -PassThru; Disconnect-VmStats $closed").NoErrors();
        Records records = session.InvokeRecords($"if (-not (Test-VmStatsConnection {argument})) {{ 'stops'; return }} 'walks on'");
        Assert.Equal(["stops"], records.Of<string>());
        Assert.NotNull(records.SingleError.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void The_module_can_be_imported_again_and_again()
    {
        using ModuleRunspace session = new();
        Records records = session.InvokeRecords("""
            $path = (Get-Module VmStats.PowerShell).Path
            Import-Module $path -Force
            Remove-Module VmStats.PowerShell
            Import-Module $path
            (Get-Command -Module VmStats.PowerShell).Count
            """).NoErrors();
        Assert.True((int)Assert.Single(records.Output).BaseObject > 10);
    }

    public void Dispose() => _folder.Dispose();
}
