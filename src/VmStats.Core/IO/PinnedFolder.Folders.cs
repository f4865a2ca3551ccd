using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <content>Folders in the folder.</content>
internal sealed partial class PinnedFolder
{
    /// <summary>Opens a folder in it, checked as its use wants it; no link leads there.</summary>
    /// <exception cref="UnsafePathException">Others could exchange what is in it, or it is a link.</exception>
    /// <exception cref="IOException">It doesn't exist (a FileNotFoundException), or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public PinnedFolder OpenFolder(string name, FolderUse use)
    {
        if (_handle is null)
        {
            return OpenByPath(PathOf(Validated(name)), use);
        }

        if (use == FolderUse.Create)
        {
            // Whoever was faster is looked at like anybody.
            Libc.MakeFolder(_handle, Validated(name), UnixFiles.PrivateFolder);
        }

        SafeFileHandle? folder = Libc.TryOpenAt(_handle, Validated(name), FolderFlags | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out int error);
        if (folder is null)
        {
            throw Find(name) is { Kind: FileKind.Link } ? new UnsafePathException(UnsafePath.FolderIsLink, PathOf(name), "is a symbolic link") : Libc.Failure(error, PathOf(name));
        }

        PinnedFolder opened = new(PathOf(name), folder);
        FileMetadata facts = Libc.GetMetadata(folder);
        string? why = use == FolderUse.Read ? null
            : !FolderWalk.IsTrusted(facts.User) ? "belongs to another user"
            : facts.IsOpenToOthers ? "can be written to by others"
            : null;
        if (why is not null)
        {
            opened.Dispose();
            throw new UnsafePathException(UnsafePath.FolderNotPrivate, opened.FullPath, why);
        }

        return opened;
    }
}
