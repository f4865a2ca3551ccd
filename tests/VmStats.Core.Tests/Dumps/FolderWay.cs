using VmStats.Core.Tests.Processes;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Dumps;

/// <summary>A way to a folder, and whether it can be trusted.</summary>
/// <param name="Commands">How it is made, in an empty folder of one's own.</param>
/// <param name="Goal">The folder that it leads to.</param>
/// <param name="Refusal">The id of the error for who keeps dumps there; null when all is well.</param>
/// <param name="MayReceive">New files may be put there all the same.</param>
/// <param name="Foreign">What of it belongs to somebody else; only root can make such a one.</param>
internal sealed record FolderWay(string Commands, string Goal, string? Refusal = null, bool MayReceive = false, string? Foreign = null)
{
    private const string Open = "DumpFolderNotPrivate";
    private const string Somebody = "65534";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>All ways, by their names.</summary>
    public static readonly Dictionary<string, FolderWay> All = new()
    {
        ["private"] = new("mkdir goal", "goal"),
        ["through a private parent"] = new("mkdir -p a/goal", "a/goal"),
        ["through a link to a private folder"] = new("mkdir -p a/b/goal; ln -s a/b link", "link/goal"),
        ["through an absolute link and back"] = new("mkdir -p a/b/goal; ln -s \"$PWD/a/b/../b\" link", "link/goal"),
        ["through a sticky folder"] = new("mkdir -m 1777 s; mkdir s/goal", "s/goal"),
        ["through a group's sticky folder"] = new("mkdir -m 1770 s; mkdir s/goal", "s/goal"),
        ["through a link of one's own in a sticky folder"] = new("mkdir -m 1777 s; mkdir -p a/goal; ln -s ../a s/link", "s/link/goal"),

        ["group-writable"] = new("mkdir -m 770 goal", "goal", Open),
        ["sticky"] = new("mkdir -m 1777 goal", "goal", Open, MayReceive: true),
        ["a link"] = new("mkdir real; ln -s real goal", "goal", "DumpFolderIsLink", MayReceive: true),
        ["through a group-writable parent"] = new("mkdir -m 775 a; mkdir a/goal", "a/goal", Open),
        ["through an open grandparent"] = new("mkdir -m 777 a; mkdir -p a/b/goal", "a/b/goal", Open),
        ["through a link to one's own folder below an open one"] = new("mkdir -m 777 open; mkdir -p open/own/goal; ln -s open/own link", "link/goal", Open),
        ["through a link in an open folder"] = new("mkdir -p own/goal; mkdir -m 777 open; ln -s ../own open/link", "open/link/goal", Open),
        ["through a link to a link in an open folder"] = new(
            "mkdir -p own/goal; mkdir -m 777 open; ln -s ../own open/link; ln -s open/link link", "link/goal", Open),

        ["another's"] = new("mkdir goal", "goal", Open, Foreign: "goal"),
        ["through another's"] = new("mkdir -p a/goal", "a/goal", Open, Foreign: "a"),
        ["through another's in a sticky folder"] = new("mkdir -m 1777 s; mkdir -p s/a/goal", "s/a/goal", Open, Foreign: "s/a"),
        ["through another's link in a sticky folder"] = new("mkdir -m 1777 s; mkdir -p a/goal; ln -s ../a s/link", "s/link/goal", Open, Foreign: "s/link"),
    };

    /// <summary>Makes it, and gives the path of its goal.</summary>
    /// <param name="root">An empty folder.</param>
    /// <param name="user">Who makes it; null for this process's user.</param>
    public async Task<string> MakeAsync(string root, OrdinaryUser? user = null)
    {
        Skip.If(Foreign is not null && !Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        string[] shell = ["bash", "-ec", "umask 022; cd \"$0\"; " + Commands, root];
        string[] command = user is null ? shell : ["setpriv", $"--reuid={user.Name}", "--clear-groups", .. shell];
        await Tool.RunAsync(command[0], command[1..], s_patience);
        if (Foreign is not null)
        {
            await Tool.RunAsync("chown", ["-h", Somebody, Path.Combine(root, Foreign)], s_patience);
        }

        return Path.Combine(root, Goal);
    }
}
