using VmStats.Text;

namespace VmStats.PowerShell.Dumps;

/// <summary>Which dumps of one folder a command is about.</summary>
/// <param name="folder">The folder.</param>
/// <param name="names">Names of VMs, or wildcards; null for all.</param>
/// <param name="files">Full paths; null for all.</param>
internal sealed class DumpSelection(string folder, string[]? names, IReadOnlyCollection<string>? files)
{
    private readonly NamePattern[]? _patterns = names?.Select(name => new NamePattern(name)).ToArray();
    private readonly HashSet<string>? _files = files?.ToHashSet(StringComparer.Ordinal);

    /// <summary>The folder.</summary>
    internal string Folder => folder;

    /// <summary>The files that were named, or null.</summary>
    internal IReadOnlyCollection<string>? Files => files;

    /// <summary>True where VMs are named without wildcards: each is meant.</summary>
    internal bool NamesVms => _patterns?.Any(pattern => pattern.IsWildcard) == false;

    /// <summary>In words: " of db01, web*" where VMs are named.</summary>
    internal string OfVms => names is null ? "" : $" of {string.Join(", ", names)}";

    /// <summary>Dumps by their folders.</summary>
    internal static IEnumerable<DumpSelection> ByFolder(IEnumerable<string> files, string[]? names) =>
        files.GroupBy(file => Path.GetDirectoryName(file)!).Select(ofFolder => new DumpSelection(ofFolder.Key, names, [.. ofFolder]));

    /// <summary>True for a dump that is meant.</summary>
    internal bool IsWanted(MemoryDumpFile dump) =>
        (_patterns is null || _patterns.Any(pattern => pattern.Matches(dump.Name))) && _files?.Contains(dump.Path) != false;

    /// <summary>Files that were named and aren't among those that there are.</summary>
    internal string[] Missing(IEnumerable<MemoryDumpFile> listed) => files is null ? [] : [.. files.Except(listed.Select(dump => dump.Path))];
}
