using Microsoft.Extensions.Configuration;
using VmStats.Configuration;
using VmStats.Infrastructure.EnvironmentVariables;
using VmStats.ThirdParty;

namespace VmStats.Core.Tests.Configuration;

/// <summary>What each variable does, and which of several wins.</summary>
public sealed class EnvironmentTests
{
    private const string Hidden = "hunter2-secret";
    private const string Server = "http://one.example:8086/";

    /// <summary>For each variable that is used: a value, what else must be set, the setting it changes and what that becomes.</summary>
    private static readonly Dictionary<string, Effect> s_effects = new()
    {
        ["INFLUX_URL"] = new("https://a.example:8181", s => s.Connection.Url, "https://a.example:8181/"),
        ["INFLUX_DB"] = OfServer("telemetry", s => s.Connection.Database, "telemetry"),
        ["INFLUX_RETENTION_POLICY"] = OfServer("weekly", s => s.Connection.RetentionPolicy, "weekly"),
        ["INFLUX_ORG"] = new("lab", s => s.Connection.Organization, "lab"),
        ["INFLUX_TOKEN"] = OfServer(Hidden, s => s.Connection.Token?.Reveal(), Hidden),
        ["INFLUX_API"] = new("v2", s => s.Connection.Api, "V2"),
        ["INFLUX_CA_FILE"] = new("/etc/ca.pem", s => s.Connection.CertificateAuthority, "/etc/ca.pem"),
        ["INFLUX_CLIENT_CERT"] = new("/etc/client.pem", s => s.Connection.ClientCertificate?.Path, "/etc/client.pem"),
        ["INFLUX_CLIENT_KEY"] = OfServer("/etc/client.key", s => s.Connection.ClientCertificate?.KeyPath, "/etc/client.key"),
        ["INFLUX_TIMEOUT_S"] = new("2.5", s => s.Connection.Timeout, "00:00:02.5000000"),
        ["INFLUX_ALLOW_UNENCRYPTED"] = new("1", s => s.Connection.AllowUnencrypted, "True"),
        ["INFLUX_SLICE_LENGTH"] = new("12h", s => s.Connection.SliceLength, "12:00:00"),
        ["INFLUX_LOOK_BACK"] = new("1d12h", s => s.Connection.LookBack, "1.12:00:00"),
        ["INFLUXDB3_HOST"] = new("b.example:8181", s => s.Connection.Url, "http://b.example:8181/"),
        ["INFLUXDB3_HOST_URL"] = new("https://c.example", s => s.Connection.Url, "https://c.example/"),
        ["INFLUXDB3_DATABASE"] = OfServer("telemetry", s => s.Connection.Database, "telemetry"),
        ["INFLUXDB3_DATABASE_NAME"] = OfServer("telemetry", s => s.Connection.Database, "telemetry"),
        ["INFLUXDB3_TOKEN"] = OfServer(Hidden, s => s.Connection.Token?.Reveal(), Hidden),
        ["INFLUXDB3_AUTH_TOKEN"] = OfServer(Hidden, s => s.Connection.Token?.Reveal(), Hidden),
        ["INFLUXDB3_TLS_CA"] = new("/etc/ca3.pem", s => s.Connection.CertificateAuthority, "/etc/ca3.pem"),
        ["INFLUXDB3_TLS_NO_VERIFY"] = new("true", s => s.Connection.SkipCertificateCheck, "True"),
        ["INFLUX_HOST"] = new("d.example:8086", s => s.Connection.Url, "http://d.example:8086/"),
        ["INFLUX_DATABASE"] = OfServer("telemetry", s => s.Connection.Database, "telemetry"),
        ["INFLUX_BUCKET"] = OfServer("telemetry", s => s.Connection.Database, "telemetry"),
        ["LIBVIRT_URI"] = new("sim://fleet", s => s.LibvirtUri, "sim://fleet"),
        ["LIBVIRT_TIMEOUT"] = new("7", s => s.LibvirtTimeout, "00:00:07"),
        ["POLL_INTERVAL"] = new("0.5", s => s.PollInterval, "00:00:00.5000000"),
        ["BATCH_MAX_LINES"] = new("17", s => s.BatchMaxLines, "17"),
        ["BATCH_MAX_SEC"] = new("3", s => s.BatchMaxTime, "00:00:03"),
        ["DUMP_DIR"] = new("/srv/dumps", s => s.DumpDirectory, "/srv/dumps"),
        ["MAX_PARALLEL_DUMPS"] = new("4", s => s.MaxParallelDumps, "4"),
        ["MEMDUMP_SERVICE_URL"] = new("dumps.example:5001", s => s.MemoryDumpServiceUrl, "http://dumps.example:5001/"),
        ["MEMDUMP_SERVICE_TIMEOUT"] = new("9", s => s.MemoryDumpServiceTimeout, "00:00:09"),
    };

    public static TheoryData<string, bool> Variables()
    {
        TheoryData<string, bool> data = [];
        foreach (EnvironmentVariable variable in EnvironmentVariableCatalog.All)
        {
            data.Add(variable.Name, variable.IsUsed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Variables))]
    public void Each_variable_changes_what_it_says_and_an_ignored_one_nothing(string name, bool isUsed)
    {
        if (!isUsed)
        {
            Assert.Equal(Plain(new VmStatsSettings()), Plain(Read((name, "1"))));
            return;
        }

        Effect effect = s_effects[name];
        (string, string)[] others = effect.NeedsServer ? [(ServerOf(name), Server)] : [];
        VmStatsSettings before = Read(others);
        VmStatsSettings after = Read([.. others, (name, effect.Value)]);
        Assert.NotEqual(effect.Expected, Text(effect.Setting(before)));
        Assert.Equal(effect.Expected, Text(effect.Setting(after)));

        // Nothing else changed: one setting, and for a URL the place that it came from.
        string[] changed = Plain(after).Except(Plain(before)).ToArray();
        Assert.Equal(effect.Setting(after) is Uri && name != "MEMDUMP_SERVICE_URL" ? 2 : 1, changed.Length);
        Assert.Equal(Plain(before), Plain(Read([.. others, (name, "  ")])));
    }

    [Fact]
    public void The_table_above_and_the_catalogue_name_the_same_variables() =>
        Assert.Equal(
            EnvironmentVariableCatalog.All.Where(variable => variable.IsUsed).Select(variable => variable.Name).Order(),
            s_effects.Keys.Order());

    [Theory]
    [InlineData("INFLUX_URL", "INFLUXDB3_HOST", "INFLUXDB3_HOST_URL", "INFLUX_HOST")]
    [InlineData("INFLUX_DB", "INFLUXDB3_DATABASE", "INFLUXDB3_DATABASE_NAME", "INFLUX_DATABASE", "INFLUX_BUCKET")]
    [InlineData("INFLUX_TOKEN", "INFLUXDB3_TOKEN", "INFLUXDB3_AUTH_TOKEN")]
    [InlineData("INFLUX_CA_FILE", "INFLUXDB3_TLS_CA")]
    public void The_first_of_several_wins(params string[] names)
    {
        Func<VmStatsSettings, object?> setting = s_effects[names[0]].Setting;
        bool areUrls = names[0] == "INFLUX_URL";
        for (int first = 0; first < names.Length; first++)
        {
            // The last is set first: it is the name that decides, not the order.
            List<(string, string)> variables = names.Skip(first).Reverse().Select(name => (name, ValueFor(name))).ToList();
            if (!areUrls)
            {
                variables.Add(("INFLUX_URL", Server));
            }

            Assert.Equal(ValueFor(names[first]), Text(setting(Read([.. variables]))));
        }

        string ValueFor(string name) => areUrls ? $"http://{name.ToLowerInvariant().Replace('_', '-')}.example/" : "of-" + name;
    }

    [Fact]
    public void A_family_that_names_another_server_keeps_its_token_and_database()
    {
        ConnectionOptions connection = Read(
            ("INFLUX_URL", Server), ("INFLUXDB3_HOST", "http://other.example"), ("INFLUXDB3_TOKEN", Hidden), ("INFLUXDB3_DATABASE", "x")).Connection;
        Assert.Equal(new Uri(Server), connection.Url);
        Assert.Null(connection.Token);
        Assert.Null(connection.Database);

        // The same server under two names is one server.
        connection = Read(("INFLUX_URL", Server), ("INFLUXDB3_HOST", Server), ("INFLUXDB3_TOKEN", Hidden)).Connection;
        Assert.Equal(Hidden, connection.Token?.Reveal());
    }

    [Theory]
    [InlineData("INFLUX_DB")]
    [InlineData("INFLUX_TOKEN")]
    [InlineData("INFLUXDB3_DATABASE")]
    [InlineData("INFLUXDB3_AUTH_TOKEN")]
    [InlineData("INFLUX_BUCKET")]
    [InlineData("INFLUX_RETENTION_POLICY")]
    public void A_token_or_database_without_a_URL_is_an_error(string name) =>
        AssertError("UrlMissing", name, (name, Hidden));

    [Theory]
    [InlineData("INFLUX_URL", "ftp://u:" + Hidden + "@host")]
    [InlineData("INFLUX_URL", "http://u:" + Hidden + "@")]
    [InlineData("INFLUX_URL", "http://host/?token=" + Hidden)]
    [InlineData("INFLUXDB3_HOST", "http://u:" + Hidden + "@host:port")]
    [InlineData("INFLUX_HOST", "http://u:" + Hidden + "@host/#x")]
    [InlineData("INFLUX_URL", "file:///")]
    [InlineData("MEMDUMP_SERVICE_URL", "http://u:" + Hidden + "@host")]
    [InlineData("INFLUX_API", "V9")]
    [InlineData("INFLUX_API", "1")]
    [InlineData("INFLUX_CLIENT_KEY", Hidden)]
    [InlineData("INFLUX_TIMEOUT_S", "0")]
    [InlineData("INFLUX_TIMEOUT_S", "1e99")]
    [InlineData("INFLUX_ALLOW_UNENCRYPTED", "maybe")]
    [InlineData("INFLUXDB3_TLS_NO_VERIFY", "2")]
    [InlineData("INFLUX_SLICE_LENGTH", "12")]
    [InlineData("INFLUX_SLICE_LENGTH", "0d")]
    [InlineData("INFLUX_LOOK_BACK", "a week")]
    [InlineData("INFLUX_LOOK_BACK", "-1.00:00:00")]
    [InlineData("POLL_INTERVAL", "-1")]
    [InlineData("POLL_INTERVAL", "1,5")]
    [InlineData("POLL_INTERVAL", "NaN")]
    [InlineData("LIBVIRT_TIMEOUT", "soon")]
    [InlineData("BATCH_MAX_SEC", "1s")]
    [InlineData("BATCH_MAX_LINES", "0")]
    [InlineData("BATCH_MAX_LINES", "2.5")]
    [InlineData("MAX_PARALLEL_DUMPS", "65")]
    [InlineData("MEMDUMP_SERVICE_TIMEOUT", "Infinity")]
    public void A_value_that_cannot_be_used_is_an_error_that_names_the_variable(string name, string value) =>
        AssertError("InvalidEnvironmentVariable", name, (name, value));

    [Fact]
    public void A_policy_that_is_named_twice_must_be_the_same()
    {
        AssertError("InvalidEnvironmentVariable", "INFLUX_RETENTION_POLICY", ("INFLUX_URL", Server), ("INFLUX_DB", "vms/weekly"), ("INFLUX_RETENTION_POLICY", "daily"));
        Assert.Equal("vms/weekly", Read(("INFLUX_URL", Server), ("INFLUX_DB", "vms/weekly"), ("INFLUX_RETENTION_POLICY", "weekly")).Connection.Database);
    }

    [Theory]
    [InlineData("http://admin:p%40ss%3Aword@db.example:8086", "admin", "p@ss:word")]
    [InlineData("admin:" + Hidden + "@db.example:8086", "admin", Hidden)]
    [InlineData("http://admin@db.example:8086", "admin", null)]
    public void User_and_password_leave_the_URL(string url, string user, string? password)
    {
        ConnectionOptions connection = Read(("INFLUX_URL", url)).Connection;
        Assert.Equal("http://db.example:8086/", connection.Url?.AbsoluteUri);
        Assert.Equal(user, connection.UserName);
        Assert.Equal(password, connection.Password?.Reveal());
        Assert.Equal("INFLUX_URL", connection.Password?.Source ?? "INFLUX_URL");
        Assert.DoesNotContain(password ?? "@", connection.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_variables_of_the_process()
    {
        // One that no other test reads.
        const string name = "MEMDUMP_SERVICE_TIMEOUT";
        string? before = Environment.GetEnvironmentVariable(name);
        try
        {
            Environment.SetEnvironmentVariable(name, "123");
            Assert.Equal(TimeSpan.FromSeconds(123), InfrastructureLoader.Current.ReadEnvironment().MemoryDumpServiceTimeout);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }

    [Fact]
    public void The_README_describes_every_variable_of_the_catalogue()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        foreach (EnvironmentVariable variable in EnvironmentVariableCatalog.All)
        {
            string row = Assert.Single(lines, line => line.StartsWith($"| `{variable.Name}` |", StringComparison.Ordinal));
            Assert.Contains(variable.IsUsed ? variable.Meaning : "Ignored. " + variable.Remark, row, StringComparison.Ordinal);
            Assert.Contains($"| {variable.Default}", row, StringComparison.Ordinal);
        }
    }

    private static Effect OfServer(string value, Func<VmStatsSettings, object?> setting, string expected) =>
        new(value, setting, expected, NeedsServer: true);

    private static string ServerOf(string name) =>
        name.StartsWith("INFLUXDB3_", StringComparison.Ordinal) ? "INFLUXDB3_HOST" : name is "INFLUX_DATABASE" or "INFLUX_BUCKET" ? "INFLUX_HOST" : name == "INFLUX_CLIENT_KEY" ? "INFLUX_CLIENT_CERT" : "INFLUX_URL";

    private static VmStatsSettings Read(params (string Name, string Value)[] variables) =>
        new EnvironmentReader(new ConfigurationBuilder()
            .AddInMemoryCollection(variables.Select(variable => KeyValuePair.Create(variable.Name, (string?)variable.Value)))
            .Build()).Read();

    private static void AssertError(string id, string name, params (string Name, string Value)[] variables)
    {
        VmStatsException error = Assert.Throws<VmStatsException>(() => Read(variables));
        Assert.Equal(id, error.ErrorId);
        Assert.Equal(VmStatsErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Equal(name, error.Target);
        Assert.NotEmpty(error.Recommendation!);
        Assert.DoesNotContain(Hidden, error.ToString() + error.Recommendation, StringComparison.Ordinal);
    }

    /// <summary>Every setting as text, secrets as their source: records compare them by reference.</summary>
    private static string[] Plain(VmStatsSettings settings) =>
        [.. Properties(settings).Where(line => !line.StartsWith("Connection=", StringComparison.Ordinal)), .. Properties(settings.Connection)];

    private static IEnumerable<string> Properties(object holder) =>
        holder.GetType().GetProperties().Select(property =>
            $"{property.Name}={Text(property.GetValue(holder) is Secret secret ? secret.Source : property.GetValue(holder))}");

    private static string Text(object? value) => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";

    private sealed record Effect(string Value, Func<VmStatsSettings, object?> Setting, string Expected, bool NeedsServer = false);
}
