using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>The recordings of real servers, and the stand-ins that are held against them.</summary>
public sealed partial class InfluxRecordingTests
{
    private const string Token = "apiv3_stand-in";

    // What the stand-in can't answer as the real one did, and why. Each must differ: an entry that doesn't is taken out.
    private static readonly Dictionary<string, string> s_unlike3 = new()
    {
        ["query insert"] = "The engine here plans no INSERT, so the statement is refused before its values are looked at.",
        ["query explain"] = "The engine here has other plans.",
        ["query system queries"] = "How many queries there were is another count.",
        ["date_bin_gapfill"] = "A function of InfluxDB's own.",
        ["selectors"] = "A function of InfluxDB's own.",
        ["nested values"] = "A function of InfluxDB's own.",
        ["metrics"] = "The stand-in measures nothing.",
    };

    // 3.6.0 answers a query that fails at once sometimes with headers and sometimes without; the stand-in always without.
    private static readonly Dictionary<string, string> s_unlike36 = new(s_unlike3)
    {
        ["query division by zero as json"] = "A race of the real server.",
    };

    [SkippableTheory]
    [InlineData(Influx3Release.V36, "influxdb-3.6.0")]
    [InlineData(Influx3Release.V310, "influxdb-3.10.1")]
    public async Task The_stand_in_for_InfluxDB_3_answers_as_the_real_one_did(Influx3Release release, string recording)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(executes: true, Token, release: release);
        server.SnapshotsAtOnce = false;
        server.Advance(TimeOf(recording) - DateTimeOffset.UtcNow);
        await ReplayAsync(server.Url, Token, recording, release == Influx3Release.V36 ? s_unlike36 : s_unlike3);
    }

    // The InfluxDB 1.x behind is older than what 2.9.1 has inside.
    private static readonly Dictionary<string, string> s_unlike2 = new()
    {
        ["write beyond retention"] = "1.6 says only that there are points beyond the retention.",
        ["write bad precision"] = "As beyond retention.",
        ["write unsigned"] = "1.6 has no unsigned integers.",
        ["write no rights to read back"] = "The measurement of unsigned integers is missing.",
    };

    [SkippableFact]
    public async Task The_stand_in_for_InfluxDB_2_answers_as_the_real_one_did()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer behind = await InfluxServer.StartAsync();
        await behind.QueryAsync("CREATE DATABASE vms");
        await using Influx2StandIn server = await Influx2StandIn.StartAsync(behind);
        await ReplayAsync(server.Url, Influx2StandIn.Token, "influxdb-2.9.1", s_unlike2);
    }

    [Fact]
    public void A_recording_has_a_name_for_each_exchange_and_no_secret()
    {
        foreach (string recording in RecordedExchange.Recordings)
        {
            IReadOnlyList<RecordedExchange> exchanges = RecordedExchange.Read(recording);
            Assert.Equal(exchanges.Count, exchanges.Select(exchange => exchange.Name).Distinct().Count());
            Assert.All(exchanges, exchange => Assert.DoesNotMatch(
                Secret(),
                string.Join(' ', [exchange.Path, Text(exchange.Answer), Text(exchange.Body), .. exchange.Headers.Values])));
        }
    }

    private static string Text(string body) => Encoding.UTF8.GetString(RecordedExchange.BytesOf(body));

    // What was written had the time of the clock.
    private static DateTimeOffset TimeOf(string recording)
    {
        string line = RecordedExchange.Read(recording).First(exchange => exchange.Name == "write one").Body;
        return DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) / 1_000_000);
    }

    private static async Task ReplayAsync(Uri url, string token, string recording, Dictionary<string, string> unlike)
    {
        using RecordingReplay replay = new(url, token);
        List<string> differences = [], repeated = [];
        foreach (RecordedExchange exchange in RecordedExchange.Read(recording))
        {
            string? difference = await replay.DifferenceAsync(exchange);
            if (difference is null && unlike.ContainsKey(exchange.Name))
            {
                repeated.Add(exchange.Name);
            }
            else if (difference is not null && !unlike.ContainsKey(exchange.Name))
            {
                differences.Add(difference);
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.True(repeated.Count == 0, $"The stand-in answers these as the real one did; take them off the list: {string.Join(", ", repeated)}");
    }

    // A token as the servers make them, plain, in base64 behind a user's name, or as its hash.
    [GeneratedRegex("apiv3_(?!wrong)|Basic [A-Za-z0-9+/=]{8}|[A-Za-z0-9_-]{60}|[A-Za-z0-9_-]{40}==", RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
