using VmStats.Text;

namespace VmStats.PowerShell.Dumps;

/// <summary>The selection of dumps in one folder that a command applies to.</summary>
/// <param name="folder">The folder.</param>
/// <param name="names">Names of VMs, or wildcards; null for all.</param>
/// <param name="files">Full paths; null for all.</param>
internal sealed class DumpSelection(string folder, string[]? names, IReadOnlyCollection<string>? files)
{
    private readonly NamePattern[]? _patterns = names?.Select(name => new NamePattern(name)).ToArray();
    private readonly HashSet<string>? _files = files?.ToHashSet(StringComparer.Ordinal);

    /// <summary>The folder.</summary>
    internal string Folder => folder;

    /// <summary>The selected files, or null for all.</summary>
    internal IReadOnlyCollection<string>? Files => files;

    /// <summary>True if VMs are named without wildcards, so that dumps of them are expected to exist.</summary>
    internal bool NamesVms => _patterns?.Any(pattern => pattern.IsWildcard) == false;

    /// <summary>The VM names for messages, such as " of db01, web*"; empty for all VMs.</summary>
    internal string VmSuffix => names is null ? "" : $" of {string.Join(", ", names)}";

    /// <summary>Groups dump files into one selection per folder.</summary>
    internal static IEnumerable<DumpSelection> ByFolder(IEnumerable<string> files, string[]? names) =>
        files.GroupBy(file => Path.GetDirectoryName(file)!).Select(ofFolder => new DumpSelection(ofFolder.Key, names, [.. ofFolder]));

    /// <summary>Returns true if a dump is selected.</summary>
    internal bool Includes(MemoryDumpFile dump) =>
        (_patterns is null || _patterns.Any(pattern => pattern.Matches(dump.Name))) && _files?.Contains(dump.Path) != false;

    /// <summary>Returns the given files that are not among the existing dumps.</summary>
    internal string[] Missing(IEnumerable<MemoryDumpFile> listed) => files is null ? [] : [.. files.Except(listed.Select(dump => dump.Path))];
}
