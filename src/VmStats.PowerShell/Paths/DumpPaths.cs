using System.Management.Automation;

namespace VmStats.PowerShell.Paths;

/// <summary>Finds the dumps that a -Path stands for.</summary>
internal static class DumpPaths
{
    // What lies beside dumps: manifests, the ledger and its lock.
    private static readonly string[] s_others = [".json", ".jsonl", ".lock"];

    /// <summary>The files of a path. One that exists, or has no wildcards, stands for itself; else its matches that may be dumps.</summary>
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
