namespace VmStats.Files;

/// <summary>What a folder is opened for, and so what it must be.</summary>
internal enum FolderUse
{
    /// <summary>To read. Nothing is written, so it may be anybody's, and a link leads to it.</summary>
    Read,

    /// <summary>
    /// To make new files in. It may be shared, as /tmp is, where others can't take away what is ours; links lead to it,
    /// if nobody else can lead them elsewhere.
    /// </summary>
    Add,

    /// <summary>To keep files in that are opened again: ours alone, and no link.</summary>
    Write,

    /// <summary>As <see cref="Write"/>, and made, with those above it, where it doesn't exist.</summary>
    Create,
}
