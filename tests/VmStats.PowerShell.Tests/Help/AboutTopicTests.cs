using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Help;

/// <summary>The topic about_VmStats: found by Get-Help, and its table of error ids held against the code.</summary>
[Collection(ModuleCollection.Name)]
public sealed partial class AboutTopicTests
{
    private const string UpdateVariable = "VMSTATS_UPDATE_HELP";
    private const int Width = 80;

    private static readonly string[] s_assemblies = ["VmStats.Core", "VmStats.Infrastructure", "VmStats.PowerShell"];

    [Fact]
    public void Get_Help_finds_the_topic()
    {
        using ModuleRunspace session = new();
        string text = Assert.Single(session.Invoke<string>("Get-Help about_VmStats"));
        Assert.Equal(Topic(), text.Replace("\r", "", StringComparison.Ordinal));
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= Width, line));
    }

    [Fact]
    public void The_topic_lists_every_error_id_that_the_code_can_give_and_no_other()
    {
        using ModuleRunspace session = new();
        ILookup<string, int?> inCode = InCode(session).ToLookup(one => one.Id, one => one.Kind);
        Dictionary<string, string[]> inTopic = Rows();
        Assert.Equal(inCode.Select(one => one.Key).Order(StringComparer.Ordinal), inTopic.Keys.Order(StringComparer.Ordinal));
        Assert.True(inTopic.Count > 150, "The scan found too little to be believed.");
    }

    [Fact]
    public void The_topic_gives_each_error_the_category_that_its_record_has()
    {
        using ModuleRunspace session = new();
        Dictionary<string, string[]> inTopic = Rows();
        Assert.All(Categories(session).SelectMany(id => id, (id, category) => (Id: id.Key, Category: category)), one =>
            Assert.True(inTopic[one.Id].Contains(one.Category), $"{one.Id} is {one.Category}, the topic says {string.Join(", ", inTopic[one.Id])}."));
        Assert.All(inTopic.Values.SelectMany(categories => categories), category => Assert.True(Enum.TryParse(category, out ErrorCategory _), category));
    }

    [Fact]
    public void The_topics_table_is_made_from_the_constants_and_their_comments()
    {
        using ModuleRunspace session = new();
        Dictionary<string, string[]> inTopic = Rows();
        Assert.Equal(InCode(session).Select(one => one.Id).Distinct().Order(StringComparer.Ordinal), ErrorIdTable.Declared().Select(one => one.Id).Order(StringComparer.Ordinal));

        // Where the code decides at run time which category an error has, the topic says it.
        ILookup<string, string> scanned = Categories(session);
        string topic = ErrorIdTable.Update(Topic(), ErrorIdTable.Declared().ToDictionary(
            one => one.Id,
            one => string.Join(", ", inTopic.TryGetValue(one.Id, out string[]? told) && scanned[one.Id].All(told.Contains) ? told : scanned[one.Id])));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(TopicFile, topic);
        }

        Assert.True(topic == Topic(), $"The table of error ids is not what their comments say: run the tests once with {UpdateVariable}=1.");
    }

    private static string TopicFile => Path.Combine(Repository.Root, "module", "en-US", "about_VmStats.help.txt");

    private static ILookup<string, string> Categories(ModuleRunspace session)
    {
        MethodInfo categoryOf = Module(session).Single(assembly => assembly.GetName().Name == "VmStats.PowerShell")
            .GetType("VmStats.PowerShell.Errors.ErrorRecords", throwOnError: true)!
            .GetMethod("CategoryOf", BindingFlags.Static | BindingFlags.NonPublic)!;
        Type kinds = categoryOf.GetParameters()[0].ParameterType;
        return InCode(session).Where(one => one.Kind is not null)
            .Select(one => (one.Id, Category: $"{categoryOf.Invoke(null, [Enum.ToObject(kinds, one.Kind!)])}")).Distinct()
            .ToLookup(one => one.Id, one => one.Category);
    }

    private static string Topic() => File.ReadAllText(TopicFile);

    /// <summary>The rows of the table: id and categories; the way out is in the lines below, deeper.</summary>
    private static Dictionary<string, string[]> Rows()
    {
        string topic = Topic();
        return Row().Matches(topic[topic.IndexOf("\nERROR IDS\n", StringComparison.Ordinal)..])
            .ToDictionary(row => row.Groups["id"].Value, row => row.Groups["categories"].Value.Split(", "));
    }

    // What a session has imported first is what every session of this process has.
    private static IEnumerable<Assembly> Module(ModuleRunspace session)
    {
        session.InvokeRecords("Get-VmStatsConnection").NoErrors();
        string home = Path.GetDirectoryName(Repository.ModuleManifest)!;
        return AppDomain.CurrentDomain.GetAssemblies().Where(assembly =>
            s_assemblies.Contains(assembly.GetName().Name) && assembly.Location.StartsWith(home, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Id, int? Kind)> InCode(ModuleRunspace session)
    {
        Assembly[] assemblies = Module(session).ToArray();
        Assert.Equal(s_assemblies, assemblies.Select(assembly => assembly.GetName().Name).Distinct().Order());
        return assemblies.SelectMany(ErrorIdScanner.Scan);
    }

    [GeneratedRegex(@"^ {4}(?<id>[A-Z]\w+) {1,}(?<categories>[A-Z]\w+(, [A-Z]\w+)*)\n {8}\S", RegexOptions.Multiline)]
    private static partial Regex Row();
}
