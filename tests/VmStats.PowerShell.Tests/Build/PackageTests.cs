using System.Globalization;
using System.IO.Compression;
using VmStats.PowerShell.Tests.Hosting;
using VmStats.PowerShell.Tests.Shell;

namespace VmStats.PowerShell.Tests.Build;

/// <summary>What those get who only want to use the module: packed by the build script, installed into a home of its own.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Packages => Path.Combine(_folder.Path, "package");

    [Fact]
    public void The_package_is_installed_from_a_folder_and_its_cmdlets_run()
    {
        using ShellProcess build = ShellProcess.Start(
            "-File", Path.Combine(Repository.Root, "build.ps1"), "-Task", "Package", "-Configuration", Repository.Configuration, "-PackageFolder", Packages);
        Assert.True(build.WaitForExit() == 0, build.Output + build.Error);

        // README's two lines, as they are but for the folder.
        string[] install = [.. File.ReadLines(Path.Combine(Repository.Root, "README.md"))
            .Where(line => line.StartsWith("Register-PSResourceRepository", StringComparison.Ordinal) || line.StartsWith("Install-PSResource", StringComparison.Ordinal))
            .Select(line => line.Replace("./out/package", Packages, StringComparison.Ordinal))];
        Assert.Equal(2, install.Length);
        string script = _folder.Write("install.ps1", $$"""
            $ErrorActionPreference = 'Stop'
            {{string.Join('\n', install)}}
            Import-Module VmStats.PowerShell
            $module = Get-Module VmStats.PowerShell
            "base $($module.ModuleBase)"
            "notes $($module.ReleaseNotes.Length)"
            "tags $($module.Tags -join ' ')"
            Connect-VmStats -Path '{{_folder.Path}}/t.db' -HypervisorUri 'sim://fleet?vms=3'
            "vms $((Get-MonitoredVm -Live).Count)"
            "help $((Get-Help Get-VmTelemetry).Synopsis)"
            "topic $((Get-Help about_VmStats).Length)"
            """);
        string home = Path.Combine(_folder.Path, "home");
        Dictionary<string, string> variables = new() { ["HOME"] = home, ["XDG_DATA_HOME"] = "", ["XDG_CONFIG_HOME"] = "", ["XDG_STATE_HOME"] = "" };
        Directory.CreateDirectory(home);
        using ShellProcess user = ShellProcess.Start(variables, "-File", script);
        Assert.True(user.WaitForExit() == 0, user.Output + user.Error);
        Dictionary<string, string> said = user.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).ToDictionary(words => words[0], words => words[1]);
        string version = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Packages, "VmStats.PowerShell"))));
        Assert.Equal(Path.Combine(home, ".local", "share", "powershell", "Modules", "VmStats.PowerShell", version), said["base"]);
        Assert.Equal("3", said["vms"]);
        Assert.True(int.Parse(said["notes"], CultureInfo.InvariantCulture) > 200, said["notes"]);
        Assert.Contains("libvirt", said["tags"], StringComparison.Ordinal);
        Assert.StartsWith("Gets", said["help"], StringComparison.Ordinal);
        Assert.True(int.Parse(said["topic"], CultureInfo.InvariantCulture) > 1000, said["topic"]);

        string[] installed = FilesOf(said["base"]);
        string[] packed = FilesOf(Path.Combine(Packages, "VmStats.PowerShell", version));
        Assert.Equal(packed, installed.Where(file => file != "PSGetModuleInfo.xml"));
        Assert.Equal(packed.Select(file => $"VmStats.PowerShell/{version}/{file}"), EntriesOf(Path.Combine(Packages, $"VmStats.PowerShell-{version}.zip")));
        Assert.DoesNotContain(packed, file => file.EndsWith(".pdb", StringComparison.Ordinal));

        // All that the repository has for the module is in it, with licence and README.
        string source = Path.Combine(Repository.Root, "module");
        Assert.Superset(FilesOf(source).Concat(["LICENSE", "README.md", "lib/VmStats.Infrastructure.deps.json"]).ToHashSet(), packed.ToHashSet());
        Assert.False(Directory.Exists(Path.Combine(home, ".local", "share", "VmStats")), "Something was stored in the home.");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] FilesOf(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    private static string[] EntriesOf(string zip)
    {
        using ZipArchive archive = ZipFile.OpenRead(zip);
        return [.. archive.Entries.Where(entry => entry.Name.Length > 0).Select(entry => entry.FullName).Order(StringComparer.Ordinal)];
    }
}
