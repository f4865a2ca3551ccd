namespace VmStats.MemoryDumps;

/// <summary>Small files that are written once, synced and closed to change.</summary>
internal static class SealedFile
{
    /// <summary>Writes a new file with mode 0400; an existing one is never replaced.</summary>
    public static void Write(DumpFolder folder, string name, ReadOnlySpan<byte> content)
    {
        string temporary = folder.Pinned($".{Guid.NewGuid():N}.new");
        try
        {
            using (FileStream file = new(temporary, UnixFiles.Options(FileMode.CreateNew, FileAccess.Write, FileShare.Read, UnixFiles.Sealed)))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, folder.Pinned(name), overwrite: false);
            folder.Sync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw DumpErrors.FromWrite(folder.FullPath, e);
        }
    }
}
