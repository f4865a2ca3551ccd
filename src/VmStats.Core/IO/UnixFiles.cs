using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <summary>Unix permission bits; on Windows the access list of the folder applies instead.</summary>
internal static class UnixFiles
{
    /// <summary>0700.</summary>
    public const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>0600.</summary>
    public const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0400.</summary>
    public const UnixFileMode Sealed = UnixFileMode.UserRead;

    /// <summary>Creates a folder, with its parents, with mode 0700; an existing one keeps its mode.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, PrivateFolder);
        }
    }

    /// <summary>Sets a file's or folder's mode.</summary>
    public static void SetMode(SafeFileHandle file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }

    /// <summary>Options for opening a file, with the mode for a new one.</summary>
    public static FileStreamOptions Options(FileMode open, FileAccess access, FileShare share, UnixFileMode mode = PrivateFile)
    {
        FileStreamOptions options = new() { Mode = open, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && open is not (FileMode.Open or FileMode.Truncate))
        {
            // .NET rejects a mode unless a file may be created.
            options.UnixCreateMode = mode;
        }

        return options;
    }
}
