namespace VmStats.Files;

/// <summary>What a name in a folder stands for, the name itself: a link is a link, whatever it points to.</summary>
internal enum FileKind
{
    Regular,
    Folder,
    Link,
    Pipe,
    Socket,
    Device,
}

/// <summary>What is known of a file without opening it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="User">Its owner; 0 where there are no owners.</param>
/// <param name="Mode">Its permission bits; none where there are none.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Identity">Its file system and number: the same for two paths of one file. Zeros where that isn't known.</param>
/// <param name="LastWriteTime">UTC.</param>
/// <param name="LastAccessTime">UTC.</param>
internal readonly record struct FileFacts(
    FileKind Kind, uint User, UnixFileMode Mode, long Length, (ulong FileSystem, ulong Number) Identity, DateTime LastWriteTime, DateTime LastAccessTime)
{
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public bool IsRegular => Kind == FileKind.Regular;

    /// <summary>True when users besides its owner may write: into a folder, to make, rename and remove what is in it.</summary>
    public bool IsOpenToOthers => (Mode & OthersMayWrite) != 0;

    /// <summary>True for a folder in which each may rename and remove only what is his own, as in /tmp.</summary>
    public bool IsSticky => (Mode & UnixFileMode.StickyBit) != 0;

    /// <summary>What it is, as a predicate of its path.</summary>
    public string Predicate => Kind switch
    {
        FileKind.Regular => "is a file",
        FileKind.Folder => "is a folder",
        FileKind.Link => "is a symbolic link",
        FileKind.Pipe => "is a named pipe",
        FileKind.Socket => "is a socket",
        _ => "is a device",
    };

    /// <summary>True for another name of the same file.</summary>
    public bool IsSame(FileFacts? other) => other is FileFacts facts && Identity == facts.Identity && Identity != default;

    /// <summary>By the path alone, where there is no better way; null when there is nothing.</summary>
    public static FileFacts? OfPath(string path)
    {
        FileInfo file = new(path);
        bool isFolder = file.Attributes != (FileAttributes)(-1) && (file.Attributes & FileAttributes.Directory) != 0;
        return file.LinkTarget is not null ? new FileFacts { Kind = FileKind.Link }
            : isFolder ? new FileFacts { Kind = FileKind.Folder }
            : file.Exists ? new FileFacts { Kind = FileKind.Regular, Length = file.Length, LastWriteTime = file.LastWriteTimeUtc, LastAccessTime = file.LastAccessTimeUtc }
            : null;
    }
}
