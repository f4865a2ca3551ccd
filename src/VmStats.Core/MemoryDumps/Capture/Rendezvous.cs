using System.Security.Cryptography;

namespace VmStats.MemoryDumps;

/// <summary>
/// A fresh folder, apart from the dump folder, where the hypervisor and we meet: for a FIFO, or for a file where a FIFO
/// can't be used. Its name can't be guessed, nobody can list it, and what is in it is written by the daemon's user alone.
/// </summary>
internal sealed class Rendezvous : IDisposable
{
    public const string Prefix = "vmstats-";

    private const UnixFileMode Traversable = UnixFiles.PrivateFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly uint _daemonUser;

    private Rendezvous(string folder, uint daemonUser)
    {
        Folder = folder;
        _daemonUser = daemonUser;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    private bool IsForeign => _daemonUser != Libc.EffectiveUserId && _daemonUser != 0;

    /// <summary>Makes the folder where the daemon's user can reach it.</summary>
    /// <param name="daemonUser">The user that opens the path.</param>
    /// <param name="parent">The folder to make it in; null for the usual one.</param>
    public static Rendezvous Create(uint daemonUser, string? parent = null)
    {
        // Root reaches everything and so do we; only a third user needs to pass through.
        bool isForeign = daemonUser != Libc.EffectiveUserId && daemonUser != 0;
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        parent ??= !isForeign && IsOwn(runtime) ? runtime! : "/tmp";
        string folder = Path.Combine(parent, Prefix + Random());
        UnixFiles.CreateFolder(folder);
        if (Libc.Stat(folder) is not (uint owner, _) || owner != Libc.EffectiveUserId)
        {
            throw new IOException($"The folder '{folder}' is not ours.");
        }

        UnixFiles.SetMode(folder, isForeign ? Traversable : UnixFiles.PrivateFolder);
        return new Rendezvous(folder, daemonUser);
    }

    /// <summary>Makes the FIFO: nobody but its owner and the daemon's user can write to it.</summary>
    public string MakeFifo()
    {
        string path = Path.Combine(Folder, Random());
        Libc.MakeFifo(path, UnixFiles.PrivateFile);
        if (IsForeign && Libc.EffectiveUserId == 0)
        {
            Libc.ChangeOwner(path, _daemonUser);
        }
        else if (IsForeign)
        {
            // Neither can be given away: the name, which nobody can list or guess, is the key.
            UnixFiles.SetMode(path, UnixFiles.PrivateFile | UnixFileMode.OtherWrite);
        }

        return path;
    }

    /// <summary>A path for a file that the daemon's user makes itself.</summary>
    public string PrepareFile()
    {
        if (!IsForeign)
        {
            return Path.Combine(Folder, "image");
        }

        string inner = Path.Combine(Folder, Random());
        UnixFiles.CreateFolder(inner);
        Libc.ChangeOwner(inner, _daemonUser);
        return Path.Combine(inner, "image");
    }

    public void Dispose() => Delete(Folder);

    /// <summary>Removes such a folder, and no other.</summary>
    public static void Delete(string folder)
    {
        if (!Path.GetFileName(folder).StartsWith(Prefix, StringComparison.Ordinal) || new DirectoryInfo(folder).LinkTarget is not null)
        {
            return;
        }

        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster.
        }
    }

    private static bool IsOwn(string? folder) =>
        !string.IsNullOrEmpty(folder) && Libc.Stat(folder) is (uint owner, UnixFileMode mode)
        && owner == Libc.EffectiveUserId && (mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0 && Directory.Exists(folder);

    private static string Random() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16)).ToLowerInvariant();
}
