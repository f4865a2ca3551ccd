using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Help;

/// <summary>
/// The table of error ids in about_VmStats, made from the constants in src/VmStats.Core/Errors: an area a file, named by its
/// first comment; what each constant's comment says is the way out.
/// </summary>
internal static partial class ErrorIdTable
{
    private const string Heading = "\nERROR IDS\n";
    private const int Width = 69;
    private const int MaximumLine = 80;
    private const int Indent = 8;

    /// <summary>The ids that are declared, with their areas and ways out, in the order of the table.</summary>
    internal static IReadOnlyList<(string Area, string Id, string WayOut)> Declared() =>
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "src", "VmStats.Core", "Errors"), "ErrorIds.*.cs")
            .Select(File.ReadAllText)
            .OrderBy(text => Area().Match(text).Groups["area"].Value, StringComparer.Ordinal)
            .SelectMany(text => Constant().Matches(text).Select(one =>
                (Decoded(Area().Match(text), "area"), one.Groups["id"].Value, Decoded(one, "text")))),
    ];

    /// <summary>The topic with a new table.</summary>
    /// <param name="topic">The topic's text.</param>
    /// <param name="categories">The categories of each id, as the code gives them.</param>
    internal static string Update(string topic, IReadOnlyDictionary<string, string> categories)
    {
        int start = topic.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
        Match table = FirstArea().Match(topic, start), next = NextHeading().Match(topic, start);
        return $"{topic[..table.Index]}{Render(categories)}\n{topic[next.Index..]}";
    }

    private static string Render(IReadOnlyDictionary<string, string> categories)
    {
        StringBuilder text = new();
        string area = "";
        foreach ((string Area, string Id, string WayOut) one in Declared())
        {
            if (one.Area != area)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(area.Length == 0 ? "" : "\n")}  {one.Area}\n\n");
                area = one.Area;
            }

            string row = $"    {one.Id,-34} {categories[one.Id]}";
            text.Append(row.Length <= MaximumLine ? row : $"    {one.Id} {categories[one.Id]}").Append('\n');
            Wrap(text, one.WayOut);
        }

        return text.ToString();
    }

    private static void Wrap(StringBuilder text, string sentence)
    {
        int column = 0;
        foreach (string word in sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width - Indent)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? new string(' ', Indent) : " ").Append(word);
            column += word.Length + (column == 0 ? 0 : 1);
        }

        text.Append('\n');
    }

    private static string Decoded(Match match, string group) =>
        WebUtility.HtmlDecode(string.Join(' ', match.Groups[group].Value.Split('\n').Select(line => line.Trim().TrimStart('/').Trim())));

    [GeneratedRegex(@"/// <content>(?<area>[^<]*)</content>")]
    private static partial Regex Area();

    [GeneratedRegex(@"/// <summary>(?<text>[^<]*)</summary>\s*public const string (?<id>\w+)", RegexOptions.Singleline)]
    private static partial Regex Constant();

    [GeneratedRegex(@"^ {2}\S", RegexOptions.Multiline)]
    private static partial Regex FirstArea();

    [GeneratedRegex(@"^[A-Z][A-Z ]+$", RegexOptions.Multiline)]
    private static partial Regex NextHeading();
}
