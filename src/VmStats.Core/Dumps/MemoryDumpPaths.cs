using System.Globalization;
using VmStats.Hypervisors;
using VmStats.IO;

namespace VmStats.Dumps;

/// <summary>The default folders of the dump engine, and the names of its files.</summary>
internal static class MemoryDumpPaths
{
    /// <summary>The dump folder of the original system.</summary>
    public const string OriginalFolder = "/var/lib/dashboard/dumps";

    private const int MaximumNameLength = 80;

    /// <summary>The folder of state files and locks.</summary>
    public static string DefaultStateFolder => DataFolders.State("dumps");

    /// <summary>The original system's folder if it exists and belongs to this user, otherwise a folder in the user's data folder.</summary>
    public static string DefaultDumpFolder =>
        IsWritable(OriginalFolder)
            ? OriginalFolder
            : DataFolders.Data("dumps");

    /// <summary>
    /// Returns a dump's file name: the VM's name (any character except ASCII letters, digits, dot, dash and underscore is replaced
    /// with an underscore), the time and the first eight digits of the dump's id.
    /// </summary>
    public static string FileName(VmInfo vm, DateTimeOffset time, Guid dump, MemoryDumpCompression compression, CoreDumpFormat format)
    {
        string safe = string.Concat(vm.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        string stamp = time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string image = format == CoreDumpFormat.Elf ? ".elf" : ".kdump";
        string packed = compression switch { MemoryDumpCompression.Gzip => ".gz", MemoryDumpCompression.Zstd => ".zst", _ => "" };
        return $"{safe[..Math.Min(safe.Length, MaximumNameLength)]}_{stamp}_{dump.ToString("N")[..8]}{image}{packed}";
    }

    /// <summary>Returns a format's name as used in records.</summary>
    public static string NameOf(CoreDumpFormat format) => format switch
    {
        CoreDumpFormat.Elf => "elf",
        CoreDumpFormat.KdumpZlib => "kdump-zlib",
        CoreDumpFormat.KdumpLzo => "kdump-lzo",
        _ => "kdump-snappy",
    };

    /// <summary>Returns the names of libvirt's dump flags as used in records.</summary>
    public static string NameOf(CoreDumpOptions options)
    {
        List<string> flags = ["memory-only"];
        Add(options.Crash, "crash");
        Add(options.Reset, "reset");
        Add(options.Live, "live");
        Add(options.BypassCache, "bypass-cache");
        return string.Join(',', flags);

        void Add(bool isSet, string name)
        {
            if (isSet)
            {
                flags.Add(name);
            }
        }
    }

    private static bool IsWritable(string folder) =>
        OperatingSystem.IsLinux() && Libc.Stat(folder) is (uint owner, _) && (owner == Libc.EffectiveUserId) && Directory.Exists(folder);
}
