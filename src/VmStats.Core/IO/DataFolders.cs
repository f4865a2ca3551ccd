namespace VmStats.IO;

/// <summary>
/// The folders for this user's data. They are named <c>VmStats</c> on all systems. Data that an earlier version stored in
/// <c>vmstats</c> stays and is used there, since records, manifests and running processes contain its path.
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

    /// <summary>Returns a path in the user's data folder (XDG_DATA_HOME, otherwise <c>~/.local/share</c>): the embedded store, spools, dumps.</summary>
    public static string Data(string name) => In(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), name);

    /// <summary>
    /// Returns a path for state files and locks: in XDG_STATE_HOME if it is set, otherwise in <c>/var/lib</c> for root
    /// and <c>~/.local/state</c> for others.
    /// </summary>
    public static string State(string name) => In(StateHome, name);

    /// <summary>Returns a path in a base folder.</summary>
    internal static string In(string home, string name)
    {
        string path = Path.Combine(home, Name, name), former = Path.Combine(home, FormerName, name);
        return !Path.Exists(path) && Path.Exists(former) ? former : path;
    }
}
