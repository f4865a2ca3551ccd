namespace VmStats.Files;

/// <summary>What can't be trusted of a path.</summary>
internal enum UnsafePath
{
    /// <summary>The folder is a link: whoever can change it leads elsewhere.</summary>
    FolderIsLink,

    /// <summary>Others may exchange the folder, one above it, or what is in it.</summary>
    FolderNotPrivate,

    /// <summary>What stands in a file's place is no file of ours.</summary>
    File,
}

/// <summary>
/// A path was refused, and nothing of it opened. An IOException, so that whoever bears with a file that can't be used bears
/// with this one: it isn't used either.
/// </summary>
/// <param name="kind">What is wrong.</param>
/// <param name="path">The folder or file.</param>
/// <param name="why">A predicate of it.</param>
internal sealed class UnsafePathException(UnsafePath kind, string path, string why) : IOException($"'{path}' {why}.")
{
    public UnsafePath Kind { get; } = kind;

    /// <summary>The folder or file that was refused.</summary>
    public string Path { get; } = path;

    /// <summary>A predicate of it.</summary>
    public string Why { get; } = why;
}
