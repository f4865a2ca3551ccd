using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>Writes small files that are written once, flushed to disk and made read-only.</summary>
internal static class SealedFile
{
    /// <summary>Writes a new file with mode 0400; an existing one is never replaced.</summary>
    public static void Write(PinnedFolder folder, string name, ReadOnlySpan<byte> content)
    {
        string temporary = $".{Guid.NewGuid():N}.new";
        try
        {
            using (FileStream file = folder.OpenFile(temporary, FileMode.CreateNew, FileAccess.Write, created: UnixFiles.Sealed))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            folder.Move(temporary, name, overwrite: false);
            folder.Sync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder.Delete(temporary);
            throw DumpErrors.FromWrite(folder.FullPath, e);
        }
    }
}
