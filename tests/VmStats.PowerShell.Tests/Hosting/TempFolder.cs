namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>A folder of one test's own, gone with it.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("vmstats-test-").FullName;

    /// <summary>Writes a file into the folder.</summary>
    /// <returns>Its full path.</returns>
    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
