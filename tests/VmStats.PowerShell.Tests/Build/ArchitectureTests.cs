using System.Text.RegularExpressions;
using Mono.Cecil;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Build;

/// <summary>The rule of the house (src/ARCHITECTURE.md): a folder is a namespace, and what one namespace uses doesn't use it back.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string s_module = Path.GetDirectoryName(Repository.ModuleManifest)!;

    [Fact]
    public void Every_file_lies_in_the_folder_of_its_namespace()
    {
        string source = Path.Combine(Repository.Root, "src");
        string[] files = [.. Directory.GetFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !BuildFolder().IsMatch(file))];
        Assert.True(files.Length > 300, "Too few files were found.");
        Assert.All(files, file =>
        {
            // The output types are what users type ([VmStats.VmTelemetry]): their folder is the root namespace.
            string folder = Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            string expected = folder == "VmStats.Core.Model" ? "VmStats" : folder.Replace("VmStats.Core", "VmStats", StringComparison.Ordinal);
            Assert.Equal((file, expected), (file, Namespace().Match(File.ReadAllText(file)).Groups[1].Value));
        });
    }

    [Fact]
    public void No_namespace_is_used_by_what_it_uses()
    {
        Dictionary<string, HashSet<string>> uses = ReadUses();
        Assert.True(uses.Count > 30, "Too few namespaces were found.");
        HashSet<string> left = [.. uses.Keys];

        // Takes away, again and again, what uses nothing that is left or is used by nothing that is left: circles remain.
        bool Uses(string user, string used) => user != used && uses[user].Contains(used);
        for (int before = -1; before != left.Count;)
        {
            before = left.Count;
            left.ExceptWith(left.Where(name => !left.Any(other => Uses(name, other)) || !left.Any(other => Uses(other, name))).ToArray());
        }

        Assert.True(left.Count == 0, string.Join("\n", left.Order(StringComparer.Ordinal).Select(name =>
            $"{name} uses {string.Join(", ", uses[name].Where(other => other != name && left.Contains(other)).Order(StringComparer.Ordinal))}")));
    }

    private static Dictionary<string, HashSet<string>> ReadUses()
    {
        string[] assemblies = ["VmStats.Core.dll", "VmStats.PowerShell.dll", Path.Combine("lib", "VmStats.Infrastructure.dll")];
        Dictionary<string, HashSet<string>> uses = [];
        foreach (string assembly in assemblies)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(Path.Combine(s_module, assembly));
            foreach (TypeDefinition type in module.GetTypes())
            {
                string own = NamespaceOf(type);
                foreach (string other in ReferencesOf(type).SelectMany(Parts).Select(NamespaceOf).Append(own).Where(name => name.StartsWith("VmStats", StringComparison.Ordinal)))
                {
                    if (own.StartsWith("VmStats", StringComparison.Ordinal))
                    {
                        (uses.TryGetValue(own, out HashSet<string>? known) ? known : uses[own] = []).Add(other);
                        uses.TryAdd(other, []);
                    }
                }
            }
        }

        return uses;
    }

    private static IEnumerable<TypeReference?> ReferencesOf(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(one => one.InterfaceType),
        .. type.CustomAttributes.Select(one => one.AttributeType),
        .. type.Fields.Select(field => field.FieldType),
        .. type.Methods.SelectMany(method => method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType)),
        .. type.Methods.Where(method => method.HasBody).SelectMany(method =>
            method.Body.Variables.Select(variable => variable.VariableType)
                .Concat(method.Body.Instructions.SelectMany(instruction => Operands(instruction.Operand)))),
    ];

    private static IEnumerable<TypeReference?> Operands(object? operand) => operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, method.ReturnType, .. method.GenericArguments, .. method.Parameters.Select(parameter => parameter.ParameterType)],
        MethodReference method => [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)],
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static string NamespaceOf(TypeReference type) => type.DeclaringType is TypeReference outer ? NamespaceOf(outer) : type.Namespace;

    [GeneratedRegex(@"[\\/](obj|bin)[\\/]")]
    private static partial Regex BuildFolder();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
