using System.Management.Automation;

namespace VmStats.PowerShell.Paths;

/// <summary>Resolves a -Path argument to dump files.</summary>
internal static class DumpPaths
{
    // The extensions of other files in a dump folder: manifests, the ledger and its lock.
    private static readonly string[] s_others = [".json", ".jsonl", ".lock"];

    /// <summary>Resolves a path. A path that exists, or has no wildcards, is returned as it is; otherwise the matching files that may be dumps.</summary>
    internal static IEnumerable<string> Resolve(PathIntrinsics paths, string path)
    {
        string literal = FilePaths.Resolve(paths, path);
        return File.Exists(literal) || !WildcardPattern.ContainsWildcardCharacters(path)
            ? [literal]
            : paths.GetResolvedProviderPathFromPSPath(path, out _).Where(MayBeDump);
    }

    private static bool MayBeDump(string file) =>
        File.Exists(file) && !s_others.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
