using System.Management.Automation;
using VmStats.Errors;

namespace VmStats.PowerShell.Paths;

/// <summary>Paths of files as people type them: relative to the session's location, on its drives, with <c>~</c>.</summary>
internal static class FilePaths
{
    /// <summary>The full path of a file or folder, which need not exist.</summary>
    /// <exception cref="VmStatsException"><c>PathNotOfFile</c>: it is one of another provider, such as <c>Env:</c>.</exception>
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
