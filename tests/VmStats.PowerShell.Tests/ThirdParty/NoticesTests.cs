using System.Text.Json;
using System.Text.RegularExpressions;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.ThirdParty;

/// <summary>The file of notices names each package that the built module ships, and no other.</summary>
public sealed partial class NoticesTests
{
    private static readonly string s_module = Path.GetDirectoryName(Repository.ModuleManifest)!;

    [Fact]
    public void Each_library_is_of_a_package_that_is_named_with_its_version()
    {
        Dictionary<string, string> packages = Packages();
        string[] libraries = [.. Directory.EnumerateFiles(Path.Combine(s_module, "lib"), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".dll" or ".so" or ".dylib")
            .Select(Path.GetFileName).OfType<string>()
            .Where(name => name != "VmStats.Infrastructure.dll")];
        Assert.Contains("InfluxDB3.Client.dll", libraries);
        string[] shipped = [.. libraries.Select(library => packages.GetValueOrDefault(library) ?? $"{library} of no package").Distinct().Order(StringComparer.Ordinal)];

        string notices = File.ReadAllText(Path.Combine(s_module, "THIRD-PARTY-NOTICES.txt"));
        Match[] named = [.. Notice().Matches(notices).Cast<Match>()];
        Assert.Equal(shipped, named.Select(notice => $"{notice.Groups["id"]} {notice.Groups["version"]}").Order(StringComparer.Ordinal));

        // The texts of the licences that are named are there.
        Assert.All(named, notice => Assert.Contains($"\n{notice.Groups["licence"]}", notices[notices.IndexOf("\n====", StringComparison.Ordinal)..], StringComparison.Ordinal));
    }

    // What .NET goes by itself: which file is of which package.
    private static Dictionary<string, string> Packages()
    {
        using JsonDocument dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_module, "lib", "VmStats.Infrastructure.deps.json")));
        Dictionary<string, string> packages = new(StringComparer.Ordinal);
        foreach (JsonProperty package in dependencies.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject())
        {
            foreach (string kind in (string[])["runtime", "native", "runtimeTargets"])
            {
                if (package.Value.TryGetProperty(kind, out JsonElement files))
                {
                    foreach (JsonProperty file in files.EnumerateObject())
                    {
                        packages[Path.GetFileName(file.Name)] = package.Name.Replace('/', ' ');
                    }
                }
            }
        }

        return packages;
    }

    [GeneratedRegex(@"^(?<id>\S+) (?<version>\d\S*) \((?<licence>\S+)\)\n {4}\S.*\n {4}https://\S+$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Notice();
}
