using System.Collections;
using System.Globalization;
using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Raw queries: on a real InfluxDB 1.x in InfluxQL, on the stand-in for InfluxDB 3 in SQL.</summary>
[Collection(ModuleCollection.Name)]
public sealed class InfluxQueryCommandTests
{
    private const long T0 = 1_767_225_600_000_000_000;

    [SkippableFact]
    public async Task InfluxQL_is_asked_with_parameters_and_answered_in_objects()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await InfluxServer.StartAsync();
        string database = await server.CreateDatabaseAsync();
        await server.WriteAsync(database, $"m,name=a'\\ OR\\ 1\\=1 x=1i,y=2.5 {T0}\nm,name=b x=2i,s=\"text\" {T0 + 1_000_000_000}\n");
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} {database} -NoProbe").NoErrors();

        PSObject row = Assert.Single(session.Invoke(
            "param($p) Invoke-InfluxQuery 'SELECT * FROM m WHERE \"name\" = $name AND time < $until' -Parameter $p",
            new Hashtable { ["p"] = new Hashtable { ["name"] = "a' OR 1=1", ["$until"] = new DateTime(2026, 1, 1, 0, 0, 1, DateTimeKind.Utc) } }));
        Assert.Equal(("a' OR 1=1", 1L, 2.5, null), (row.Properties["name"].Value, row.Properties["x"].Value, row.Properties["y"].Value, row.Properties["s"].Value));
        Assert.Equal(DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture).UtcDateTime, row.Properties["timeUtc"].Value);

        // The first question found out what the server is.
        Assert.Equal("InfluxDB1", $"{session.Invoke("Get-VmStatsConnection")[0].Properties["Kind"].Value}");
        IReadOnlyList<PSObject> both = session.Invoke("'SHOW MEASUREMENTS', 'SHOW FIELD KEYS' | Invoke-InfluxQuery");
        Assert.Contains(both, one => Equals(one.Properties["name"].Value, "m"));
        Assert.Contains(both, one => Equals(one.Properties["fieldKey"]?.Value, "y"));
        Assert.Equal("QueryLanguageNotSupported", Id(session.InvokeRecords("Invoke-InfluxQuery 'SELECT 1' -Language Sql")));
        Assert.Equal("QueryParameterNotSupported", Id(session.InvokeRecords("Invoke-InfluxQuery 'SHOW MEASUREMENTS' -Parameter @{ a = @(1, 2) }")));
        Assert.Single(session.InvokeRecords("Invoke-InfluxQuery 'SELEC'").Errors);
    }

    [SkippableTheory]
    [InlineData("DROP MEASUREMENT m")]
    [InlineData("SHOW MEASUREMENTS; DROP MEASUREMENT m")]
    [InlineData("SELECT * INTO n FROM m")]
    public async Task What_changes_something_is_confirmed_first(string statement)
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await InfluxServer.StartAsync();
        string database = await server.CreateDatabaseAsync();
        await server.WriteAsync(database, $"m x=1i {T0}\n");
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} {database}").NoErrors();
        session.InvokeRecords($"Invoke-InfluxQuery '{statement}' -WhatIf").NoErrors();
        Assert.Equal(["m"], Measurements(session));
        session.InvokeRecords($"Invoke-InfluxQuery '{statement}' -Confirm:$false").NoErrors();
        Assert.NotEqual(["m"], Measurements(session));
    }

    [Fact]
    public async Task All_rows_of_an_sql_answer_have_the_same_columns()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} vms -Api V3 -NoProbe").NoErrors();
        server.Answer(200, "{\"a\":1}\n{\"time\":\"2026-01-01T00:00:00.5\",\"b\":\"x\"}\n{\"a\":9223372036854775807,\"b\":\"y\"}\n");
        PSObject[] rows = [.. session.Invoke("Invoke-InfluxQuery 'SELECT a, b, time FROM t'")];
        Assert.All(rows, row => Assert.IsType<PSCustomObject>(row.BaseObject));
        Assert.All(rows, row => Assert.Equal(["time", "timeUtc", "a", "b"], row.Properties.Select(property => property.Name)));
        Assert.Equal([1L, null, long.MaxValue], rows.Select(row => row.Properties["a"].Value));
        Assert.Equal("/api/v3/query_sql", Assert.Single(server.Requests).Target);
    }

    private static string[] Measurements(ModuleRunspace session) =>
        [.. session.Invoke("Invoke-InfluxQuery 'SHOW MEASUREMENTS'").Select(one => $"{one.Properties["name"].Value}").Order()];

    private static string Id(Records records) => records.SingleError.FullyQualifiedErrorId.Split(',')[0];
}
