namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>Where the built things are: the tests run what a user would, not what sits beside them in bin/.</summary>
public static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The importable module that a plain build leaves behind.</summary>
    public static string ModuleManifest => Path.Combine(Root, "out", "VmStats.PowerShell", "VmStats.PowerShell.psd1");

    /// <summary>The shell, of the configuration that these tests were built in.</summary>
    public static string Shell => Path.Combine(Root, "src", "VmStats.Shell", "bin", Configuration, "net10.0", "vmstats-shell.dll");

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

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
