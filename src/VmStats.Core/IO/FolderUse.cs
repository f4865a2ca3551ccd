namespace VmStats.IO;

/// <summary>The purpose that a folder is opened for, which determines the checks on it.</summary>
internal enum FolderUse
{
    /// <summary>To read. Nothing is written, so it may belong to any user, and links are followed.</summary>
    Read,

    /// <summary>
    /// To create new files in. The folder may be shared, like /tmp, if other users can't remove our files; links are
    /// followed if other users can't redirect them.
    /// </summary>
    Add,

    /// <summary>To keep files in that are opened again: no other user may be able to write to it, and it must not be a link.</summary>
    Write,

    /// <summary>As <see cref="Write"/>, and created, with its parent folders, if it doesn't exist.</summary>
    Create,
}
