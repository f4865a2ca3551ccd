using VmStats.Files;

namespace VmStats.IO;

/// <summary>Locks that end with their process, however it ends: .NET's sharing modes are flock() on Unix.</summary>
internal static class FileLock
{
    private const int WouldBlock = 11;
    private const int SharingViolation = 0x20;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes a lock, making its file where needed.</summary>
    /// <returns>Null when somebody else has it.</returns>
    public static FileStream? TryTake(PinnedFolder folder, string name)
    {
        try
        {
            return folder.OpenFile(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsTaken(e))
        {
            return null;
        }
    }

    /// <summary>Takes a lock that others hold for moments only.</summary>
    /// <exception cref="VmStatsException">It wasn't to be had in time.</exception>
    public static async Task<FileStream> TakeAsync(PinnedFolder folder, string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        FileStream? taken;
        while ((taken = TryTake(folder, name)) is null)
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new VmStatsException("FileLocked", VmStatsErrorKind.ResourceBusy, $"Another process keeps '{folder.PathOf(name)}' locked.", "Try again when it has ended.", folder.PathOf(name));
            }

            await Task.Delay(s_retry, cancellationToken).ConfigureAwait(false);
        }

        return taken;
    }

    /// <summary>True when some process has the file locked. Asks with a shared lock, so that those who ask don't see each other.</summary>
    public static bool IsHeld(PinnedFolder folder, string name)
    {
        try
        {
            using FileStream probe = folder.OpenFile(name, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // Of a lock that we may not open, nobody can tell: who only reads does without.
            return false;
        }
        catch (IOException e) when (IsTaken(e))
        {
            return true;
        }
    }

    private static bool IsTaken(IOException e) => (e.HResult & 0xffff) is WouldBlock or SharingViolation;
}
