using System.Security.Cryptography;
using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>
/// A new folder, separate from the dump folder, through which the hypervisor hands over the image: by a FIFO, or by a
/// file where a FIFO can't be used. Its name can't be guessed, other users can't list it, and only the daemon's user
/// can write what is in it.
/// </summary>
internal sealed class Rendezvous : IDisposable
{
    private const string Prefix = "vmstats-";
    private const int RandomBytes = 16;
    private const UnixFileMode Traversable = UnixFiles.PrivateFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const string ImageName = "image";

    private readonly PinnedFolder _parent;
    private readonly PinnedFolder _folder;
    private readonly uint _daemonUser;
    private PinnedFolder? _imageFolder;
    private bool _isDisposed;

    private Rendezvous(PinnedFolder parent, PinnedFolder folder, uint daemonUser)
    {
        _parent = parent;
        _folder = folder;
        _daemonUser = daemonUser;
    }

    /// <summary>The folder's path.</summary>
    public string Path => _folder.FullPath;

    /// <summary>Free bytes on its disk that this user may write.</summary>
    public long FreeBytes => _folder.FreeBytes;

    private bool IsOtherUser => _daemonUser != Libc.EffectiveUserId && _daemonUser != 0;

    /// <summary>Creates the folder where the daemon's user can reach it.</summary>
    /// <param name="daemonUser">The user that opens the path.</param>
    /// <param name="parent">The folder to create it in; null for the default.</param>
    public static Rendezvous Create(uint daemonUser, string? parent = null)
    {
        // Root can reach any folder, and the current user its own; only a third user needs execute permission on this one.
        bool isOtherUser = daemonUser != Libc.EffectiveUserId && daemonUser != 0;
        string? runtime = isOtherUser || parent is not null ? null : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        PinnedFolder folder = (IsOwn(runtime) ? PinnedFolder.TryOpen(runtime!, FolderUse.Write) : null)
            ?? PinnedFolder.Open(parent ?? "/tmp", FolderUse.Add);
        try
        {
            return new Rendezvous(folder, folder.MakeFolder(Prefix + Random(), isOtherUser ? Traversable : UnixFiles.PrivateFolder), daemonUser);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Creates the FIFO. Only its owner and the daemon's user can write to it.</summary>
    /// <param name="reader">Its read end.</param>
    /// <returns>Its path, for the daemon.</returns>
    public string MakeFifo(out FifoSource reader)
    {
        string name = Random();
        _folder.MakePipe(name, UnixFiles.PrivateFile);
        reader = new FifoSource(_folder, name);
        if (IsOtherUser && Libc.EffectiveUserId == 0)
        {
            reader.ChangeOwner(_daemonUser);
        }
        else if (IsOtherUser)
        {
            // Neither can be given to the daemon's user; access is protected by the name, which other users can neither list nor guess.
            reader.SetMode(UnixFiles.PrivateFile | UnixFileMode.OtherWrite);
        }

        return _folder.PathOf(name);
    }

    /// <summary>Returns a path for a file that the daemon's user creates.</summary>
    public string PrepareFile()
    {
        if (!IsOtherUser)
        {
            return _folder.PathOf(ImageName);
        }

        _imageFolder = _folder.MakeFolder(Random(), UnixFiles.PrivateFolder);
        _imageFolder.ChangeOwner(_daemonUser);
        return _imageFolder.PathOf(ImageName);
    }

    /// <summary>Opens the file that the daemon's user has created. A link, or another user's file, in its place is refused.</summary>
    public FileStream OpenFile() => (_imageFolder ?? _folder).OpenFile(ImageName, FileMode.Open, FileAccess.Read);

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _imageFolder?.Dispose();
            _folder.Dispose();
            using (_parent)
            {
                Delete(_parent, System.IO.Path.GetFileName(Path));
            }
        }
    }

    /// <summary>Removes a folder that this class has created; any other folder is left alone.</summary>
    public static void Delete(string folder)
    {
        string name = System.IO.Path.GetFileName(folder);
        if (name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length == Prefix.Length + (2 * RandomBytes))
        {
            using PinnedFolder? parent = PinnedFolder.TryOpen(System.IO.Path.GetDirectoryName(folder)!, FolderUse.Add);
            if (parent is not null)
            {
                Delete(parent, name);
            }
        }
    }

    // Another user's folder of that name is left alone; in our own folder the daemon's user has at most one subfolder.
    private static void Delete(PinnedFolder parent, string name)
    {
        if (parent.Find(name) is { Kind: FileKind.Folder } facts && facts.User == Libc.EffectiveUserId)
        {
            parent.DeleteFolder(name, depth: 1);
        }
    }

    private static bool IsOwn(string? folder) =>
        !string.IsNullOrEmpty(folder) && Libc.Stat(folder) is (uint owner, _) && owner == Libc.EffectiveUserId;

    private static string Random() => Convert.ToHexString(RandomNumberGenerator.GetBytes(RandomBytes)).ToLowerInvariant();
}
