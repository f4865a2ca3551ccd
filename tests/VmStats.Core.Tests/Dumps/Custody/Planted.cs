using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>What somebody may put where a file of ours is looked for, and what it was meant to reach.</summary>
internal sealed class Planted
{
    /// <summary>The kinds: by a link an existing file, a file that is to come into being, or an endless one is reached.</summary>
    public static readonly string[] Kinds = ["link", "dangling link", "link to a device", "pipe", "folder"];

    private const string Text = "precious";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly string _precious;
    private readonly string _absent;
    private readonly DateTime _written;

    private Planted(string root)
    {
        _precious = Path.Combine(root, "precious");
        _absent = Path.Combine(root, "absent");
        File.WriteAllText(_precious, Text);
        _written = File.GetLastWriteTimeUtc(_precious);
    }

    /// <summary>Puts something in a file's place.</summary>
    /// <param name="root">Where its targets are.</param>
    /// <param name="path">The file's path.</param>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    public static async Task<Planted> PutAsync(string root, string path, string kind)
    {
        Planted planted = new(root);
        File.Delete(path);
        switch (kind)
        {
            case "link":
                File.CreateSymbolicLink(path, planted._precious);
                break;
            case "dangling link":
                File.CreateSymbolicLink(path, planted._absent);
                break;
            case "link to a device":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "pipe":
                await Tool.RunAsync("mkfifo", [path], s_patience);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }

        return planted;
    }

    /// <summary>What it was meant to reach is as it was.</summary>
    public void AssertUntouched()
    {
        Assert.Equal(Text, File.ReadAllText(_precious));
        Assert.Equal(_written, File.GetLastWriteTimeUtc(_precious));
        Assert.False(File.Exists(_absent));
    }
}
