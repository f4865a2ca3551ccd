using System.Globalization;
using System.Text;
using VmStats.Fixtures.Influx;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>
/// What the module makes of each answer that was recorded of a real server, against the outcomes in tests/fixtures/outcomes.
/// An outcome that is known to be wrong isn't approved: it stands in known-gaps.txt, with the point of the issue that mends it.
/// </summary>
public sealed class RecordedOutcomeTests
{
    /// <summary>Set to 1 to write the approved outcomes anew; look at the difference before you commit it.</summary>
    private const string UpdateVariable = "VMSTATS_UPDATE_OUTCOMES";

    private const string Gap = "known gap";
    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "fixtures", "outcomes");

    public static TheoryData<string> Recordings => new(RecordedExchange.Recordings);

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Each_recorded_answer_has_the_outcome_that_was_approved(string recording)
    {
        IReadOnlyList<RecordedExchange> exchanges = RecordedExchange.Read(recording);
        Dictionary<string, string> outcomes = [];
        foreach (RecordedExchange[] some in exchanges.Chunk(8))
        {
            string[] texts = await Task.WhenAll(some.Select(exchange => RecordedOutcome.OfAsync(recording, exchange)));
            foreach ((RecordedExchange exchange, string text) in some.Zip(texts))
            {
                outcomes.Add(exchange.Name, text);
            }
        }

        string file = Path.Combine(s_folder, recording + ".txt");
        Dictionary<string, string> gaps = Read("known-gaps.txt")
            .Where(gap => gap.Key.StartsWith(recording + ": ", StringComparison.Ordinal))
            .ToDictionary(gap => gap.Key[(recording.Length + 2)..], gap => gap.Value);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(file, string.Concat(outcomes.Select(outcome => $"# {outcome.Key}\n{(gaps.ContainsKey(outcome.Key) ? Gap : outcome.Value)}\n")));
        }

        Dictionary<string, string> approved = Read(recording + ".txt");
        StringBuilder differences = new();
        foreach ((string name, string outcome) in outcomes)
        {
            string? expected = gaps.TryGetValue(name, out string? gap) ? TodayOf(gap) : approved.GetValueOrDefault(name);
            if (outcome != expected)
            {
                string known = gap is null ? "approved" : "the list of known gaps says; where it is mended, take it off the list and approve the outcome";
                differences.Append(CultureInfo.InvariantCulture, $"# {name}\n{outcome}\n-- {known}:\n{expected}\n");
            }
        }

        Assert.True(differences.Length == 0, differences.ToString());
        Assert.Equal(exchanges.Select(exchange => exchange.Name), approved.Keys);
        Assert.Equal(gaps.Keys.Order(), approved.Where(outcome => outcome.Value == Gap).Select(outcome => outcome.Key).Order());
    }

    [Fact]
    public void Each_known_gap_names_an_exchange_and_the_point_that_mends_it()
    {
        HashSet<string> all = [.. RecordedExchange.Recordings.SelectMany(recording => RecordedExchange.Read(recording).Select(exchange => $"{recording}: {exchange.Name}"))];
        Assert.All(Read("known-gaps.txt"), gap =>
        {
            Assert.Contains(gap.Key, all);
            Assert.Matches("^point ([2-9]|10): .+", gap.Value);
            Assert.NotEmpty(TodayOf(gap.Value));
        });
    }

    // A gap's first line says what is wrong; the outcome of today follows.
    private static string TodayOf(string gap) => gap[(gap.IndexOf('\n', StringComparison.Ordinal) + 1)..];

    // "# name", then the lines that belong to it.
    private static Dictionary<string, string> Read(string file)
    {
        string path = Path.Combine(s_folder, file);
        string text = File.Exists(path) ? File.ReadAllText(path) : "";
        return ("\n" + text.TrimEnd('\n')).Split("\n# ").Skip(1).Select(entry => entry.Split('\n', 2)).ToDictionary(entry => entry[0], entry => entry.Length > 1 ? entry[1] : "");
    }
}
