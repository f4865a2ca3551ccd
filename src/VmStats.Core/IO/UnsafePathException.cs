namespace VmStats.IO;

/// <summary>The reason why a path isn't trusted.</summary>
internal enum UnsafePath
{
    /// <summary>The folder is a link: a user who can change it could redirect it.</summary>
    FolderIsLink,

    /// <summary>Other users may replace the folder, one of its parents, or its contents.</summary>
    FolderNotPrivate,

    /// <summary>The file is not a regular file of this user.</summary>
    File,
}

/// <summary>
/// A path was refused, and nothing was opened. Derives from IOException, so that code that tolerates an unusable file
/// tolerates this one, too: it isn't used either.
/// </summary>
/// <param name="kind">The reason.</param>
/// <param name="path">The folder or file.</param>
/// <param name="why">A predicate that completes the sentence that begins with the path.</param>
internal sealed class UnsafePathException(UnsafePath kind, string path, string why) : IOException($"'{path}' {why}.")
{
    public UnsafePath Kind { get; } = kind;

    /// <summary>The folder or file that was refused.</summary>
    public string Path { get; } = path;

    /// <summary>A predicate that completes the sentence that begins with the path.</summary>
    public string Reason { get; } = why;
}
