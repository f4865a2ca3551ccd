using System.Globalization;
using VmStats.Files;
using VmStats.Hypervisors;
using VmStats.IO;

namespace VmStats.MemoryDumps;

/// <summary>Where things are, and what they are called.</summary>
internal static class MemoryDumpPaths
{
    /// <summary>The original's dump folder.</summary>
    public const string OriginalFolder = "/var/lib/dashboard/dumps";

    private const int LongestName = 80;

    /// <summary>States and locks.</summary>
    public static string DefaultStateFolder => DataFolders.State("dumps");

    /// <summary>The original's folder where it exists and can be written to by us, else one in the user's data folder.</summary>
    public static string DefaultDumpFolder =>
        IsWritable(OriginalFolder)
            ? OriginalFolder
            : DataFolders.Data("dumps");

    /// <summary>The file's name: the VM's name with all but letters, digits, dot, dash and underscore replaced, the time, the dump's id.</summary>
    public static string FileName(VmInfo vm, DateTimeOffset time, Guid dump, MemoryDumpCompression compression, CoreDumpFormat format)
    {
        string safe = string.Concat(vm.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        string stamp = time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string image = format == CoreDumpFormat.Elf ? ".elf" : ".kdump";
        string packed = compression switch { MemoryDumpCompression.Gzip => ".gz", MemoryDumpCompression.Zstd => ".zst", _ => "" };
        return $"{safe[..Math.Min(safe.Length, LongestName)]}_{stamp}_{dump.ToString("N")[..8]}{image}{packed}";
    }

    /// <summary>A format as records name it.</summary>
    public static string NameOf(CoreDumpFormat format) => format switch
    {
        CoreDumpFormat.Elf => "elf",
        CoreDumpFormat.KdumpZlib => "kdump-zlib",
        CoreDumpFormat.KdumpLzo => "kdump-lzo",
        _ => "kdump-snappy",
    };

    /// <summary>libvirt's flags as records name them.</summary>
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
