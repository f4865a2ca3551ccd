using System.Collections;
using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Raw queries lose nothing of an answer: no column, no alias, no nanosecond, no failure. On a real InfluxDB 1.x and the stand-in for InfluxDB 3.</summary>
[Collection(ModuleCollection.Name)]
public sealed class InfluxQueryLossTests
{
    private const long T0 = 1_767_225_600_000_000_000;
    private static readonly DateTime s_t0 = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [SkippableFact]
    public async Task Columns_that_differ_in_case_both_come_on_InfluxDB_1()
    {
        await using OldServer old = await OldServer.StartAsync($"m,uuid=a,UUID=b x=1i,X=2i,Time=3i {T0}\n");
        Records records = old.Session.InvokeRecords("Invoke-InfluxQuery 'SELECT x, X, \"Time\", uuid, UUID FROM m'").NoErrors();
        PSObject row = Assert.Single(records.Output);
        Assert.Equal(["time", "timeUtc", "iox::measurement", "x", "X_1", "Time_1", "uuid", "UUID_1"], Names(row));
        Assert.Equal([s_t0.ToLocalTime(), s_t0, "m", 1L, 2L, 3L, "a", "b"], Values(row));
        Assert.Equal(3, records.Warnings.Count);
        Assert.Contains(records.Warnings, warning => warning.Contains("'UUID'", StringComparison.Ordinal) && warning.Contains("'UUID_1'", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Columns_that_differ_in_case_both_come_on_InfluxDB_3()
    {
        await using NewServer server = await NewServer.StartAsync($"m,uuid=a,UUID=b x=1i {T0}\nm,uuid=c x=2i {T0 + 1}\n");
        PSObject[] rows = [.. server.Session.Invoke("Invoke-InfluxQuery 'SELECT uuid, \"UUID\", x FROM m ORDER BY x' -WarningAction SilentlyContinue")];
        Assert.All(rows, row => Assert.Equal(["uuid", "UUID_1", "x"], Names(row)));
        Assert.Equal([["a", "b", 1L], ["c", null, 2L]], rows.Select(Values));
    }

    [SkippableFact]
    public async Task An_alias_of_the_time_or_the_measurement_is_kept_on_InfluxDB_1()
    {
        await using OldServer old = await OldServer.StartAsync($"m,name=web x=1i,y=2i {T0 + 7}\n");
        PSObject time = old.Session.Invoke("Invoke-InfluxQuery 'SELECT x AS time FROM m' -TimeAsText -WarningAction SilentlyContinue")[0];
        Assert.Equal(("2026-01-01T00:00:00.000000007Z", 1L), (time.Properties["time"].Value, time.Properties["time_1"].Value));
        PSObject measurement = old.Session.Invoke("Invoke-InfluxQuery 'SELECT x AS \"iox::measurement\" FROM m' -WarningAction SilentlyContinue")[0];
        Assert.Equal(("m", 1L), (measurement.Properties["iox::measurement"].Value, measurement.Properties["iox::measurement_1"].Value));
        PSObject twice = old.Session.Invoke("Invoke-InfluxQuery 'SELECT x AS a, y AS a FROM m GROUP BY \"name\"'")[0];
        Assert.Equal(("web", 1L, 2L), (twice.Properties["name"].Value, twice.Properties["a"].Value, twice.Properties["a_1"].Value));

        // InfluxQL may call the time something else: it is a time by that name.
        PSObject[] taken = [.. old.Session.Invoke("Invoke-InfluxQuery 'SELECT time AS taken, x FROM m; SELECT y FROM m' -TimeAsText")];
        Assert.Equal(["2026-01-01T00:00:00.000000007Z", null], taken.Select(row => row.Properties["taken"]?.Value));
        Assert.Equal([null, "2026-01-01T00:00:00.000000007Z"], taken.Select(row => row.Properties["time"]?.Value));
    }

    [SkippableFact]
    public async Task An_alias_of_the_time_is_kept_on_InfluxDB_3()
    {
        await using NewServer server = await NewServer.StartAsync($"m,name=2026-01-01T00:00:00 x=1i {T0}\nm,name=b x=2i {T0 + 1}\n");
        Assert.Equal([1L, 2L], server.Session.Invoke("Invoke-InfluxQuery 'SELECT x AS time FROM m ORDER BY x'").Select(row => row.Properties["time"].Value));

        // A text that reads like a time is none: the server says so.
        Assert.Equal(["2026-01-01T00:00:00", "b"], server.Session.Invoke("Invoke-InfluxQuery 'SELECT name AS \"time\" FROM m ORDER BY x'").Select(row => row.Properties["time"].Value));
        Assert.Equal([s_t0], server.Session.Invoke("Invoke-InfluxQuery 'SELECT min(time) AS time FROM m'").Select(row => row.Properties["timeUtc"].Value));
    }

    [SkippableFact]
    public async Task Nanoseconds_are_kept_as_text_and_go_back_as_a_parameter()
    {
        await using OldServer old = await OldServer.StartAsync($"m x=1i {T0 + 1}\nm x=2i {T0 + 2}\n");
        await using NewServer server = await NewServer.StartAsync($"m x=1i {T0 + 1}\nm x=2i {T0 + 2}\n");
        foreach (ModuleRunspace session in new[] { old.Session, server.Session })
        {
            PSObject[] rows = [.. session.Invoke("Invoke-InfluxQuery 'SELECT time, x FROM m ORDER BY time' -TimeAsText")];
            Assert.Equal(["2026-01-01T00:00:00.000000001Z", "2026-01-01T00:00:00.000000002Z"], rows.Select(row => row.Properties["time"].Value));
            PSObject again = Assert.Single(session.Invoke(
                "param($t) Invoke-InfluxQuery 'SELECT x FROM m WHERE time = $t' -Parameter @{ t = $t }", new Hashtable { ["t"] = rows[1].Properties["time"].Value }));
            Assert.Equal(2L, again.Properties["x"].Value);
        }
    }

    [SkippableFact]
    public async Task A_time_is_local_and_in_utc_and_every_row_has_both()
    {
        await using NewServer server = await NewServer.StartAsync($"m x=1i {T0}\nm x=2i,timeutc=7i {T0 + 1}\n");

        // The first row has no time; a column that has the name already keeps it.
        PSObject[] rows = [.. server.Session.Invoke("Invoke-InfluxQuery 'SELECT CASE WHEN x > 1 THEN time END AS last, time, x, timeutc FROM m ORDER BY x'")];
        Assert.All(rows, row => Assert.Equal(["time", "timeUtc_1", "x", "last", "lastUtc", "timeutc"], Names(row)));
        Assert.Equal([null, 7L], rows.Select(row => row.Properties["timeutc"].Value));
        Assert.Equal([null, s_t0], rows.Select(row => row.Properties["lastUtc"].Value));
        DateTime local = Assert.IsType<DateTime>(rows[0].Properties["time"].Value), utc = Assert.IsType<DateTime>(rows[0].Properties["timeUtc_1"].Value);
        Assert.Equal((DateTimeKind.Local, DateTimeKind.Utc, s_t0), (local.Kind, utc.Kind, utc));
        Assert.Equal(utc, local.ToUniversalTime());
    }

    [SkippableFact]
    public async Task Times_under_other_names_are_times_where_the_server_says_so()
    {
        await using NewServer server = await NewServer.StartAsync($"m,name=a x=1i,at=\"2026-01-01T00:00:00\" {T0 + 150}\nm,name=b x=2i,at=\"noon\" {T0 + 250}\n");
        PSObject[] rows = [.. server.Session.Invoke(
            "Invoke-InfluxQuery 'SELECT name, max(time) AS last, max(at) AS at FROM m WHERE x > $x GROUP BY name ORDER BY name;' -Parameter @{ x = 0 }")];
        Assert.Equal([s_t0.AddTicks(1), s_t0.AddTicks(2)], rows.Select(row => row.Properties["lastUtc"].Value));
        Assert.Equal(["2026-01-01T00:00:00", "noon"], rows.Select(row => row.Properties["at"].Value));
        Assert.Equal(
            ["2026-01-01T00:00:00.000000150Z", "2026-01-01T00:00:00.000000250Z"],
            server.Session.Invoke("Invoke-InfluxQuery 'WITH t AS (SELECT time AS last FROM m) SELECT * FROM t ORDER BY last' -TimeAsText").Select(row => row.Properties["last"].Value));

        // Asked once an answer, and only where a column reads like a time.
        Assert.Equal(2 + 2, server.Server.Requests.Count(request => request.Target == "/api/v3/query_sql"));
        server.Session.Invoke("Invoke-InfluxQuery 'SELECT time, name, x FROM m'");
        Assert.Equal(2 + 2 + 1, server.Server.Requests.Count(request => request.Target == "/api/v3/query_sql"));
    }

    [Fact]
    public async Task A_time_that_nobody_can_type_stays_a_text_with_its_zone()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} vms -Api V3 -NoProbe").NoErrors();
        server.Answer(200, "{\"last\":\"2026-01-01T00:00:00.5\",\"z\":\"2026-01-01T00:00:00Z\",\"plus\":\"2026-01-01T00:00:00+01:00\",\"s\":\"a\"}\n").Answer(500, "{\"error\":\"no\"}");
        PSObject row = session.Invoke("Invoke-InfluxQuery 'SELECT last, z, plus, s FROM t'")[0];
        Assert.Equal(["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "a"], Values(row));
    }

    [SkippableFact]
    public async Task A_mistyped_statement_goes_to_the_server()
    {
        await using OldServer old = await OldServer.StartAsync($"m x=1i {T0}\n");
        await using NewServer server = await NewServer.StartAsync($"m x=1i {T0}\n");
        Assert.Equal("InfluxQLSyntax", Id(old.Session.InvokeRecords("Invoke-InfluxQuery 'SELEC 1' -WhatIf")));
        Assert.Equal("InfluxSqlSyntax", Id(server.Session.InvokeRecords("Invoke-InfluxQuery 'SELEC 1' -WhatIf")));
        old.Session.InvokeRecords("Invoke-InfluxQuery '-- a comment\n drop measurement m' -WhatIf").NoErrors();
        Assert.Single(old.Session.Invoke("Invoke-InfluxQuery 'SELECT * FROM m'"));
    }

    [SkippableTheory]
    [InlineData(Influx3Release.V36, "SELECT 1/0 AS x")]
    [InlineData(Influx3Release.V310, "SELECT 1/0 AS x")]
    [InlineData(Influx3Release.V36, "SELECT CAST(s AS BIGINT) AS x FROM m")]
    public async Task A_statement_that_fails_while_it_runs_is_told_as_that(Influx3Release release, string statement)
    {
        await using NewServer server = await NewServer.StartAsync($"m s=\"text\" {T0}\n", release);
        ErrorRecord failure = server.Session.InvokeRecords($"Invoke-InfluxQuery '{statement}'").SingleError;
        Assert.Equal("InfluxStatementFailed", failure.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("server's log", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.NotEmpty(server.Server.Log);
    }

    [Theory]
    [InlineData("[double]::NaN")]
    [InlineData("[float]::PositiveInfinity")]
    [InlineData("[double]::NegativeInfinity")]
    [InlineData("[datetime]::MinValue")]
    [InlineData("[DateTimeOffset]::MaxValue")]
    public async Task A_value_that_no_query_can_carry_is_refused(string value)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(200);
        using ModuleRunspace session = new();
        session.InvokeRecords($"Connect-VmStats {server.Url} vms -Api V3 -NoProbe").NoErrors();
        Assert.Equal("QueryParameterNotSupported", Id(session.InvokeRecords($"Invoke-InfluxQuery 'SELECT $a' -Parameter @{{ a = {value} }}")));
        Assert.Equal("QueryParameterNotSupported", Id(session.InvokeRecords("Invoke-InfluxQuery 'SELECT $a' -Parameter @{ a = 1; '$a' = 2 }")));
        Assert.Empty(server.Requests);
    }

    private static string[] Names(PSObject row) => [.. row.Properties.Select(property => property.Name)];

    private static object?[] Values(PSObject row) => [.. row.Properties.Select(property => property.Value)];

    private static string Id(Records records) => records.SingleError.FullyQualifiedErrorId.Split(',')[0];

    /// <summary>A real InfluxDB 1.x with points, and a session that is connected to it.</summary>
    private sealed record OldServer(InfluxServer Server, ModuleRunspace Session) : IAsyncDisposable
    {
        public static async Task<OldServer> StartAsync(string lines)
        {
            Part.Require(InfluxServer.WhyAbsent);
            InfluxServer server = await InfluxServer.StartAsync();
            string database = await server.CreateDatabaseAsync();
            await server.WriteAsync(database, lines);
            ModuleRunspace session = new();
            session.InvokeRecords($"Connect-VmStats {server.Url} {database}").NoErrors();
            return new OldServer(server, session);
        }

        public ValueTask DisposeAsync()
        {
            Session.Dispose();
            return Server.DisposeAsync();
        }
    }

    /// <summary>A stand-in for InfluxDB 3 with points, and a session that is connected to it.</summary>
    private sealed record NewServer(Influx3StandIn Server, ModuleRunspace Session) : IAsyncDisposable
    {
        public static async Task<NewServer> StartAsync(string lines, Influx3Release release = Influx3Release.V310)
        {
            Part.Require(Influx3StandIn.WhyNotExecuting);
            Influx3StandIn server = await Influx3StandIn.StartAsync(executes: true, release: release);
            using HttpClient client = new();
            using StringContent content = new(lines);
            (await client.PostAsync(new Uri(server.Url, "/api/v3/write_lp?db=vms"), content)).EnsureSuccessStatusCode();
            ModuleRunspace session = new();
            session.InvokeRecords($"Connect-VmStats {server.Url} vms -Api V3 -NoProbe").NoErrors();
            return new NewServer(server, session);
        }

        public ValueTask DisposeAsync()
        {
            Session.Dispose();
            return Server.DisposeAsync();
        }
    }
}
