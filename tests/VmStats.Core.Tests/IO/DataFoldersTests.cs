using VmStats.Connections;
using VmStats.IO;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.IO;

/// <summary>Data lies in folders called VmStats; what lies in those of earlier versions is found.</summary>
public sealed class DataFoldersTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("vmstats-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void All_of_them_are_called_VmStats()
    {
        Assert.EndsWith(Path.Combine("VmStats", "spool"), SpoolOptions.DefaultRoot, StringComparison.Ordinal);
        Assert.EndsWith(Path.Combine("VmStats", "telemetry.db"), StoreFactory.DefaultPath, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(_home, "VmStats", "dumps"), DataFolders.In(_home, "dumps"));
    }

    [SkippableFact]
    public void What_an_earlier_version_left_stays_in_use_and_nothing_beside_it_follows()
    {
        string former = Path.Combine(_home, "vmstats", "dumps");
        Directory.CreateDirectory(former);
        Skip.If(Directory.Exists(Path.Combine(_home, "VMSTATS")), "This disk tells no case apart: the folder is the same.");
        Assert.Equal(former, DataFolders.In(_home, "dumps"));
        Assert.Equal(Path.Combine(_home, "VmStats", "spool"), DataFolders.In(_home, "spool"));

        Directory.CreateDirectory(Path.Combine(_home, "VmStats", "dumps"));
        Assert.Equal(Path.Combine(_home, "VmStats", "dumps"), DataFolders.In(_home, "dumps"));
    }
}
