using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;

namespace VmStats.PowerShell.Tests.Help;

/// <summary>
/// Writes the cmdlets' help from what the code says of itself: class and property comments, and the engine's own view
/// of parameters and sets. So help can't drift from the code; a test holds the committed file against it.
/// </summary>
internal sealed class MamlWriter(CodeComments comments)
{
    private static readonly XNamespace s_root = "http://msh";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    internal XDocument Write(IEnumerable<CmdletInfo> cmdlets) => new(
        new XDeclaration("1.0", "utf-8", null),
        new XElement(
            s_root + "helpItems",
            new XAttribute("schema", "maml"),
            cmdlets.OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal).Select(Command)));

    private static IEnumerable<XElement> Paragraphs(string text) =>
        text.Split("\n\n").Select(part => new XElement(s_maml + "para", part.Replace('\n', ' ').Trim()));

    private static IEnumerable<CommandParameterInfo> Own(CommandParameterSetInfo set) =>
        set.Parameters
            .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
            .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position)
            .ThenByDescending(parameter => parameter.IsMandatory)
            .ThenBy(parameter => parameter.Name, StringComparer.Ordinal);

    private static string Pipeline(CommandParameterInfo parameter) =>
        (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
        {
            (true, true) => "True (ByValue, ByPropertyName)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            _ => "False",
        };

    private static string ShortName(Type type)
    {
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare.IsArray ? ShortName(bare.GetElementType()!) + "[]" : bare.Name;
    }

    private XElement Command(CmdletInfo cmdlet)
    {
        Type type = cmdlet.ImplementingType;
        string summary = comments.Summary(type) ?? throw new InvalidOperationException($"{type.Name} has no summary.");
        return new XElement(
            s_command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", s_maml),
            new XAttribute(XNamespace.Xmlns + "command", s_command),
            new XAttribute(XNamespace.Xmlns + "dev", s_dev),
            new XElement(
                s_command + "details",
                new XElement(s_command + "name", cmdlet.Name),
                new XElement(s_maml + "description", Paragraphs(summary)),
                new XElement(s_command + "verb", cmdlet.Verb),
                new XElement(s_command + "noun", cmdlet.Noun)),
            new XElement(s_maml + "description", Paragraphs(comments.Remarks(type) ?? summary)),
            new XElement(s_command + "syntax", cmdlet.ParameterSets.Select(set => SyntaxItem(cmdlet, set))),
            new XElement(s_command + "parameters", Parameters(cmdlet)),
            new XElement(s_command + "inputTypes", InputTypes(cmdlet)),
            new XElement(s_command + "returnValues", cmdlet.OutputType.Where(output => output.Type is not null).Select(ReturnValue)),
            new XElement(s_command + "examples", comments.Examples(type).Select(Example)));
    }

    private XElement SyntaxItem(CmdletInfo cmdlet, CommandParameterSetInfo set) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", cmdlet.Name),
        Own(set).Select(parameter => Parameter(cmdlet, parameter)));

    private IEnumerable<XElement> Parameters(CmdletInfo cmdlet) =>
        cmdlet.ParameterSets.SelectMany(Own).DistinctBy(parameter => parameter.Name).Select(parameter => Parameter(cmdlet, parameter));

    private XElement Parameter(CmdletInfo cmdlet, CommandParameterInfo parameter) => new(
        s_command + "parameter",
        new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
        new XAttribute("globbing", parameter.Attributes.Any(a => a is SupportsWildcardsAttribute) ? "true" : "false"),
        new XAttribute("pipelineInput", Pipeline(parameter)),
        new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(s_maml + "name", parameter.Name),
        new XElement(s_maml + "description", Paragraphs(Describe(cmdlet, parameter))),
        parameter.ParameterType == typeof(SwitchParameter)
            ? null
            : new XElement(
                s_command + "parameterValue",
                new XAttribute("required", "true"),
                ShortName(parameter.ParameterType)),
        new XElement(s_dev + "type", new XElement(s_maml + "name", ShortName(parameter.ParameterType))));

    private string Describe(CmdletInfo cmdlet, CommandParameterInfo parameter)
    {
        if (parameter.Name is "WhatIf")
        {
            return "Says what would be done, and does nothing.";
        }

        if (parameter.Name is "Confirm")
        {
            return "Asks before doing it.";
        }

        PropertyInfo property = cmdlet.ImplementingType.GetProperty(parameter.Name)!;
        return comments.Summary(property) ?? throw new InvalidOperationException($"{cmdlet.Name} -{parameter.Name} has no summary.");
    }

    private IEnumerable<XElement> InputTypes(CmdletInfo cmdlet) =>
        cmdlet.ParameterSets.SelectMany(Own)
            .Where(parameter => parameter.ValueFromPipeline || parameter.ValueFromPipelineByPropertyName)
            .DistinctBy(parameter => parameter.Name)
            .Select(parameter => new XElement(
                s_command + "inputType",
                new XElement(s_dev + "type", new XElement(s_maml + "name", ShortName(parameter.ParameterType))),
                new XElement(s_maml + "description", Paragraphs($"{parameter.Name}: {Describe(cmdlet, parameter)}"))));

    private XElement ReturnValue(PSTypeName output) => new(
        s_command + "returnValue",
        new XElement(s_dev + "type", new XElement(s_maml + "name", output.Name)),
        new XElement(s_maml + "description", Paragraphs(comments.Summary(output.Type) ?? output.Name)));

    private XElement Example((string Title, string Code, string Text) example) => new(
        s_command + "example",
        new XElement(s_maml + "title", example.Title),
        new XElement(s_dev + "code", example.Code),
        new XElement(s_dev + "remarks", Paragraphs(example.Text)));
}
