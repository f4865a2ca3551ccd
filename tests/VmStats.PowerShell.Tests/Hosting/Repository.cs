namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>Where the built things are: the tests run what a user would, not what sits beside them in bin/.</summary>
public static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The importable module that a plain build leaves behind.</summary>
    public static string ModuleManifest => Path.Combine(Root, "out", "VmStats.PowerShell", "VmStats.PowerShell.psd1");

    /// <summary>The real shell's own program, of the release that the repository names; signals reach it, as they would not through "dotnet pwsh".</summary>
    public static string Shell { get; } = File.ReadAllText(Path.Combine(FindRoot(), "tests", "pester", "obj", "pwsh")).Trim();

    /// <summary>The folder of the modules that come with the shell; those of the hosted engine lack some of them.</summary>
    public static string ShellModules => Path.Combine(Path.GetDirectoryName(Shell)!, "Modules");

    /// <summary>The configuration that these tests were built in.</summary>
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VmStats.PowerShell.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No solution above {AppContext.BaseDirectory}.");
    }
}
