namespace VmStats.IO;

/// <summary>
/// The folders that keep this user's data. They are called <c>VmStats</c> everywhere; what an earlier version put into
/// <c>vmstats</c> stays there and in use: records, manifests and processes that still run name its path.
/// </summary>
internal static class DataFolders
{
    private const string Name = "VmStats";
    private const string FormerName = "vmstats";

    private static bool IsRoot => OperatingSystem.IsLinux() && Libc.EffectiveUserId == 0;

    private static string StateHome => Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } home
        ? home
        : IsRoot ? "/var/lib"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");

    /// <summary>The path of something in the user's data folder (XDG_DATA_HOME, else <c>~/.local/share</c>): the embedded store, spools, dumps.</summary>
    public static string Data(string name) => In(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), name);

    /// <summary>The path of states and locks: under XDG_STATE_HOME where it is set, else <c>/var/lib</c> for root and <c>~/.local/state</c> for others.</summary>
    public static string State(string name) => In(StateHome, name);

    /// <summary>The path of something under a home of data.</summary>
    internal static string In(string home, string name)
    {
        string path = Path.Combine(home, Name, name), former = Path.Combine(home, FormerName, name);
        return !Path.Exists(path) && Path.Exists(former) ? former : path;
    }
}
