namespace VmStats.IO;

/// <summary>The kind of a file, without following links.</summary>
internal enum FileKind
{
    Regular,
    Folder,
    Link,
    Pipe,
    Socket,
    Device,
}

/// <summary>The metadata of a file, read without opening it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="User">Its owner's id; 0 on systems without owners.</param>
/// <param name="Mode">Its permission bits; none on systems without them.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Identity">Its device and inode: the same for two paths of one file. Zeros if unknown.</param>
/// <param name="LastWriteTime">UTC.</param>
/// <param name="LastAccessTime">UTC.</param>
internal readonly record struct FileMetadata(
    FileKind Kind, uint User, UnixFileMode Mode, long Length, (ulong FileSystem, ulong Number) Identity, DateTime LastWriteTime, DateTime LastAccessTime)
{
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public bool IsRegular => Kind == FileKind.Regular;

    /// <summary>True when users besides the owner may write to it; for a folder: may create, rename and remove files in it.</summary>
    public bool IsOpenToOthers => (Mode & OthersMayWrite) != 0;

    /// <summary>True for a folder in which users may rename and remove only their own files, like /tmp.</summary>
    public bool IsSticky => (Mode & UnixFileMode.StickyBit) != 0;

    /// <summary>Its kind, as a predicate that completes the sentence that begins with its path.</summary>
    public string Predicate => Kind switch
    {
        FileKind.Regular => "is a file",
        FileKind.Folder => "is a folder",
        FileKind.Link => "is a symbolic link",
        FileKind.Pipe => "is a named pipe",
        FileKind.Socket => "is a socket",
        _ => "is a device",
    };

    /// <summary>True if the other one is the same file, perhaps under another name.</summary>
    public bool IsSame(FileMetadata? other) => other is FileMetadata facts && Identity == facts.Identity && Identity != default;

    /// <summary>Reads the metadata by path, where nothing better is available; null if there is no file.</summary>
    public static FileMetadata? OfPath(string path)
    {
        FileInfo file = new(path);
        bool isFolder = file.Attributes != (FileAttributes)(-1) && (file.Attributes & FileAttributes.Directory) != 0;
        return file.LinkTarget is not null ? new FileMetadata { Kind = FileKind.Link }
            : isFolder ? new FileMetadata { Kind = FileKind.Folder }
            : file.Exists ? new FileMetadata { Kind = FileKind.Regular, Length = file.Length, LastWriteTime = file.LastWriteTimeUtc, LastAccessTime = file.LastAccessTimeUtc }
            : null;
    }
}
