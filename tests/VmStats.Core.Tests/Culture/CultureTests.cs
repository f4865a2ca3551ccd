using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using VmStats.Configuration;
using VmStats.Core.Tests.Embedded;
using VmStats.Hypervisors.Simulated;
using VmStats.Infrastructure.EnvironmentVariables;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.LineProtocol;
using VmStats.Stores.Influx3;
using VmStats.Stores.InfluxQL;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Culture;

/// <summary>What goes to a server, a file or an error is the same wherever the user lives.</summary>
public sealed class CultureTests : AsyncTest
{
    private static readonly PointShape s_shape = new("vm_totals", ["name"], ["float", "negative", "whole", "truth", "text"]);

    private static readonly MeasurementSchema s_schema = new(
        "vm_totals",
        ["name"],
        new Dictionary<string, FieldKind>
        {
            ["float"] = FieldKind.Float,
            ["negative"] = FieldKind.Float,
            ["whole"] = FieldKind.Integer,
            ["truth"] = FieldKind.Boolean,
            ["text"] = FieldKind.String,
        });

    private static readonly StoreQuery s_query = new("vm_totals")
    {
        Start = -1_500_000_000,
        Finish = 1_767_225_600_123_456_789,
        Filters = [new ColumnFilter(["float"], [FieldValue.From(1_234.5), FieldValue.From(-0.25)]), new ColumnFilter(["whole"], [FieldValue.From(-1_000_000L)])],
        Limit = 1_000_000,
        Skip = 1_000,
    };

    private readonly StoreFixture _fixture = new();

    public static TheoryData<string> Cultures => new() { "de-DE", "sv-SE", "ar-SA", "th-TH", "fa-IR", "tr-TR", "fr-CH" };

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [SkippableTheory]
    [MemberData(nameof(Cultures))]
    public async Task Everything_written_is_the_same_in_every_culture(string name)
    {
        Skip.If(CultureInfo.GetCultureInfo("de-DE").NumberFormat.NumberDecimalSeparator != ",", "ICU isn't there.");
        string[] expected = await Task.Run(() => WriteAsync(CultureInfo.InvariantCulture, "invariant"));
        string[] written = await Task.Run(() => WriteAsync(CultureInfo.GetCultureInfo(name), name));
        Assert.Equal(expected, written);
        Assert.Contains(expected, text => text.Contains("float=1234.5,negative=-0.25,whole=-1000000i", StringComparison.Ordinal));
    }

    private async Task<string[]> WriteAsync(CultureInfo culture, string folder)
    {
        CultureInfo.CurrentCulture = culture;
        CultureInfo.CurrentUICulture = culture;
        Point point = new(
            s_shape, 1_767_225_600_123_456_789, ["I,i"],
            [FieldValue.From(1_234.5), FieldValue.From(-0.25), FieldValue.From(-1_000_000L), FieldValue.From(true), FieldValue.From("x\"y")]);
        return
        [
            .. await RenderAsync(), .. Encode(point), .. Reject(point, Path.Combine(_fixture.Folder, folder)), .. Read(), .. await StoreAndReadAsync(point),
        ];
    }

    private static async Task<List<string>> RenderAsync()
    {
        List<string> texts = [];
        QueryPlan plain = QueryPlan.For(s_query, s_schema)!;
        Aggregation rollup = new([new(AggregateFunction.Average, "float", "mean"), new(AggregateFunction.Count, "whole", "n")], ["name"], 90_000_000_000);
        QueryPlan buckets = QueryPlan.For(s_query with { Aggregation = rollup }, s_schema)!;
        foreach (RenderedQuery rendered in new[]
        {
            InfluxSqlRenderer.Render(plain), InfluxSqlRenderer.Render(buckets), InfluxQLRenderer.Render(plain), InfluxQLRenderer.Render(buckets),
        })
        {
            texts.Add(rendered.Text);
            using HttpContent json = RequestBodies.QueryJson("vms", rendered.Text, rendered.Parameters);
            using HttpContent form = RequestBodies.QueryForm(DatabaseName.Parse("vms"), rendered.Text, rendered.Parameters);
            texts.Add(await json.ReadAsStringAsync());
            texts.Add(await form.ReadAsStringAsync());
        }

        return texts;
    }

    private static IEnumerable<string> Encode(Point point)
    {
        foreach (bool forInfluxDB3 in new[] { true, false })
        {
            using LineProtocolEncoder encoder = new(forInfluxDB3);
            encoder.Write(point);
            yield return Encoding.UTF8.GetString(encoder.Written.Span);
        }

        yield return UnixTime.ToText(point.Time);
        yield return string.Join('|', point.Fields);
    }

    private static string[] Reject(Point point, string folder)
    {
        RejectFile rejects = new(Path.Combine(folder, "rejected.jsonl"));
        rejects.Add([new RejectedPoint(point, "no")]);
        return File.ReadAllLines(rejects.Path);
    }

    private static IEnumerable<string> Read()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["POLL_INTERVAL"] = "0.5", ["INFLUX_TIMEOUT_S"] = "2.5", ["BATCH_MAX_LINES"] = "1000" })
            .Build();
        VmStatsSettings settings = new EnvironmentReader(configuration).Read();
        yield return settings.PollInterval.ToString("c", CultureInfo.InvariantCulture);
        yield return settings.Connection.Timeout.ToString("c", CultureInfo.InvariantCulture);
        SimulatedFleetOptions fleet = SimulatedFleetOptions.Parse("sim://fleet?mem=0.5&history=1.5h&speed=2.5&seed=-7");
        yield return FormattableString.Invariant($"{fleet.MemoryFactor} {fleet.History} {fleet.Speed} {fleet.Seed}");
        yield return Assert.Throws<VmStatsException>(() => SimulatedFleetOptions.Parse("sim://fleet?mem=0,5")).Message;
    }

    private async Task<string[]> StoreAndReadAsync(Point point)
    {
        await _fixture.Write(point);
        return await _fixture.Lines(s_query with { Finish = null, Skip = 0 }, "name", "float", "negative", "whole", "truth", "text");
    }
}
