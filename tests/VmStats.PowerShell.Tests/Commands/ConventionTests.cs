using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;
using VmStats.PowerShell.Tests.Help;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>What the ecosystem expects of a module, held against every cmdlet.</summary>
[Collection(ModuleCollection.Name)]
public sealed class ConventionTests
{
    private const string UpdateVariable = "VMSTATS_UPDATE_HELP";

    private static readonly string[] s_changing = ["Start", "Stop", "Invoke", "Remove", "Initialize", "Expand"];

    // Changes something when it is told to.
    private const string Recording = "Test-MemoryDump";

    [Fact]
    public void Cmdlets_are_named_declared_and_exported_as_they_should_be()
    {
        using ModuleRunspace session = new();
        CmdletInfo[] cmdlets = Cmdlets(session);
        HashSet<string> verbs = [.. typeof(VerbsCommon).Assembly.GetTypes()
            .Where(type => type.Name.StartsWith("Verbs", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];
        Assert.All(cmdlets, cmdlet =>
        {
            Assert.Contains(cmdlet.Verb, verbs);
            Assert.True(cmdlet.ImplementingType.IsSealed, cmdlet.Name);
            Assert.Equal($"{cmdlet.Verb}{cmdlet.Noun}Command", cmdlet.ImplementingType.Name);
            Assert.NotEmpty(cmdlet.ImplementingType.GetCustomAttributes<OutputTypeAttribute>());
            Assert.Equal(s_changing.Contains(cmdlet.Verb) || cmdlet.Name == Recording, cmdlet.Parameters.ContainsKey("WhatIf"));
            Assert.All(cmdlet.ParameterSets, set => Assert.True(set.Parameters.Count(parameter => parameter.ValueFromPipeline) <= 1, cmdlet.Name));
        });
        Assert.Equal(
            cmdlets[0].ImplementingType.Assembly.GetTypes().Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null).Select(type => type.FullName).Order(),
            cmdlets.Select(cmdlet => cmdlet.ImplementingType.FullName).Order());
    }

    [Fact]
    public void Each_time_of_an_output_type_is_local_with_utc_beside_it_whose_text_is_exact()
    {
        using ModuleRunspace session = new();
        Assembly core = (Assembly)session.Invoke("[VmStats.VmTelemetry].Assembly")[0].BaseObject;
        PropertyInfo[] times = [.. core.GetExportedTypes()
            .Where(type => type.Namespace == "VmStats" && !typeof(Exception).IsAssignableFrom(type))
            .SelectMany(type => type.GetProperties())
            .Where(property => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name is nameof(DateTime) or nameof(DateTimeOffset))];
        Assert.All(times, time => Assert.NotEqual(nameof(DateTimeOffset), (Nullable.GetUnderlyingType(time.PropertyType) ?? time.PropertyType).Name));
        PropertyInfo[] utc = [.. times.Where(time => time.Name.EndsWith("Utc", StringComparison.Ordinal))];
        Assert.Equal(
            times.Except(utc).Select(time => $"{time.DeclaringType}.{time.Name}Utc").Order(StringComparer.Ordinal),
            utc.Select(time => $"{time.DeclaringType}.{time.Name}").Order(StringComparer.Ordinal));
        Assert.All(utc, time => Assert.Equal(
            "CodeProperty",
            $"{Assert.Single(session.Invoke($"(Get-TypeData {time.DeclaringType}).Members['{time.Name}'].GetType().Name -replace 'Data$'"))}"));
    }

    [Fact]
    public void Help_says_what_the_code_says()
    {
        using ModuleRunspace session = new();
        string module = Path.GetDirectoryName(Repository.ModuleManifest)!;
        string file = Path.Combine(Repository.Root, "module", "en-US", "VmStats.PowerShell.dll-Help.xml");
        XDocument help = new MamlWriter(new CodeComments(
            Path.Combine(module, "VmStats.PowerShell.xml"), Path.Combine(module, "VmStats.Core.xml"))).Write(Cmdlets(session));
        string text = help.Declaration + "\n" + help + "\n";
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == text,
            $"The help file is not what the code's comments say: run the tests once with {UpdateVariable}=1.");
    }

    [Fact]
    public void Each_cmdlet_has_help_with_two_examples()
    {
        using ModuleRunspace session = new();
        Assert.All(Cmdlets(session), cmdlet =>
        {
            PSObject help = session.Invoke($"Get-Help {cmdlet.Name} -Full")[0];
            Assert.DoesNotContain(cmdlet.Name, $"{help.Properties["Synopsis"].Value}", StringComparison.Ordinal);
            PSObject examples = (PSObject)help.Properties["examples"].Value;
            object[] each = LanguagePrimitives.ConvertTo<object[]>(examples.Properties["example"].Value);
            Assert.True(each.Length >= 2, cmdlet.Name);
        });
    }

    private static CmdletInfo[] Cmdlets(ModuleRunspace session) =>
        [.. session.Invoke<CmdletInfo>("Get-Command -Module VmStats.PowerShell").OrderBy(cmdlet => cmdlet.Name)];
}
