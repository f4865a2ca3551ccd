using System.Management.Automation;
using VmStats.Errors;

namespace VmStats.PowerShell.Paths;

/// <summary>Resolves file paths as users type them: relative to the session's location, on PowerShell drives, or with <c>~</c>.</summary>
internal static class FilePaths
{
    /// <summary>Returns the full path of a file or folder, which need not exist.</summary>
    /// <exception cref="VmStatsException"><c>PathNotOfFile</c>: the path belongs to another provider, such as <c>Env:</c>.</exception>
    internal static string Resolve(PathIntrinsics paths, string given)
    {
        string path = paths.GetUnresolvedProviderPathFromPSPath(given, out ProviderInfo provider, out _);
        return provider.Name == "FileSystem" ? path : throw NotOfFile(given, provider.Name);
    }

    private static VmStatsException NotOfFile(string path, string provider) => new(
        ErrorIds.PathNotOfFile,
        VmStatsErrorKind.InvalidArgument,
        $"'{path}' is a path of the provider {provider}, not of a file.",
        "Name the file by its full path, or change to a folder first.",
        path);
}
