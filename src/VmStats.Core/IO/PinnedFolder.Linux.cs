using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <content>Operations that only Linux has, and only running dumps need.</content>
internal sealed partial class PinnedFolder
{
    private SafeFileHandle Handle => _handle ?? throw new PlatformNotSupportedException();

    /// <summary>Creates a folder in it.</summary>
    public PinnedFolder MakeFolder(string name, UnixFileMode mode)
    {
        Libc.MakeFolder(Handle, Validated(name), UnixFiles.PrivateFolder);
        SafeFileHandle folder = Libc.OpenAt(Handle, name, FolderFlags | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        PinnedFolder made = new(PathOf(name), folder);
        if (Libc.GetMetadata(folder).User != Libc.EffectiveUserId)
        {
            made.Dispose();
            throw new UnsafePathException(UnsafePath.FolderNotPrivate, made.FullPath, "belongs to another user");
        }

        UnixFiles.SetMode(folder, mode);
        return made;
    }

    /// <summary>Removes a folder of ours with its contents, without following links.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="depth">The number of nested folder levels below it that are removed; anything deeper isn't ours, and stays.</param>
    public void DeleteFolder(string name, int depth)
    {
        if (Libc.TryOpenAt(Handle, Validated(name), FolderFlags | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out _) is not SafeFileHandle handle)
        {
            return;
        }

        using PinnedFolder folder = new(PathOf(name), handle);
        foreach (string path in Directory.GetFileSystemEntries(folder.HandlePath))
        {
            string entry = Path.GetFileName(path);
            if (folder.Find(entry) is { Kind: FileKind.Folder })
            {
                if (depth > 0)
                {
                    folder.DeleteFolder(entry, depth - 1);
                }
            }
            else
            {
                folder.Delete(entry);
            }
        }

        Libc.Remove(Handle, name, isFolder: true);
    }

    /// <summary>Creates a named pipe in it.</summary>
    public void MakePipe(string name, UnixFileMode mode) => Libc.MakePipe(Handle, Validated(name), mode);

    /// <summary>Opens a named pipe for reading, without waiting for a writer.</summary>
    public SafeFileHandle OpenPipe(string name)
    {
        SafeFileHandle pipe = Libc.OpenAt(Handle, Validated(name), Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
        if (Libc.GetMetadata(pipe) is { Kind: not FileKind.Pipe } facts)
        {
            pipe.Dispose();
            throw new UnsafePathException(UnsafePath.File, PathOf(name), facts.Predicate);
        }

        return pipe;
    }

    /// <summary>Changes the owner of the folder itself.</summary>
    public void ChangeOwner(uint user) => Libc.ChangeOwner(Handle, user);
}
