using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <content>Opens subfolders.</content>
internal sealed partial class PinnedFolder
{
    /// <summary>Opens a subfolder, with the checks that its use requires; links aren't followed.</summary>
    /// <exception cref="UnsafePathException">Other users could replace its contents, or it is a link.</exception>
    /// <exception cref="IOException">It doesn't exist (a FileNotFoundException), or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user lacks permission.</exception>
    public PinnedFolder OpenFolder(string name, FolderUse use)
    {
        if (_handle is null)
        {
            return OpenByPath(PathOf(Validated(name)), use);
        }

        if (use == FolderUse.Create)
        {
            // If another process created it first, it is checked like any other folder.
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
