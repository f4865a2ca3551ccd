using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace VmStats.PowerShell.Tests.Help;

/// <summary>The documentation comments of the module's assemblies, as the compiler wrote them beside each.</summary>
internal sealed partial class CodeComments
{
    private readonly Dictionary<string, XElement> _members = new(StringComparer.Ordinal);

    internal CodeComments(params string[] files)
    {
        foreach (XElement member in files.SelectMany(file => XDocument.Load(file).Descendants("member")))
        {
            _members[member.Attribute("name")!.Value] = member;
        }
    }

    internal string? Summary(Type type) => Text($"T:{type.FullName}", "summary");

    internal string? Remarks(Type type) => Text($"T:{type.FullName}", "remarks");

    internal string? Summary(PropertyInfo property) => Text($"P:{property.DeclaringType!.FullName}.{property.Name}", "summary");

    /// <summary>Each example comment: its code element, and the text around it.</summary>
    internal IEnumerable<(string Title, string Code, string Text)> Examples(Type type)
    {
        IEnumerable<XElement> examples = _members.TryGetValue($"T:{type.FullName}", out XElement? member) ? member.Elements("example") : [];
        return examples.Select((example, index) =>
        {
            XElement code = example.Element("code") ?? throw new InvalidOperationException($"An example of {type.Name} has no code.");
            string text = Flatten(example.Nodes().Where(node => node != code));
            return ($"Example {index + 1}", Unindent(code.Value), text);
        });
    }

    private static string Flatten(IEnumerable<XNode> nodes)
    {
        string text = string.Concat(nodes.Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" or "seealso" } link => LastWord(link),
            XElement { Name.LocalName: "para" } paragraph => "\n\n" + Flatten(paragraph.Nodes()),
            XElement element => Flatten(element.Nodes()),
            _ => "",
        }));
        return string.Join("\n\n", text.Split("\n\n").Select(part => Spaces().Replace(part, " ").Trim()).Where(part => part.Length > 0));
    }

    private static string LastWord(XElement link) =>
        (link.Attribute("cref") ?? link.Attribute("langword") ?? link.Attribute("href"))!.Value.Split('.', ':')[^1];

    private static string Unindent(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private string? Text(string name, string element) =>
        _members.TryGetValue(name, out XElement? member) && member.Element(element) is XElement found ? Flatten(found.Nodes()) : null;
}
