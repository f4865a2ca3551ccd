using VmStats.Errors;

namespace VmStats.IO;

/// <summary>Locks that end with their process, however it ends: on Unix, .NET implements sharing modes by flock().</summary>
internal static class FileLock
{
    private const int WouldBlock = 11;
    private const int SharingViolation = 0x20;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes a lock, creating its file if needed.</summary>
    /// <returns>Null if another process holds it.</returns>
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

    /// <summary>Takes a lock that others hold only briefly.</summary>
    /// <exception cref="VmStatsException">The lock was not available in time.</exception>
    public static async Task<FileStream> TakeAsync(PinnedFolder folder, string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        FileStream? held;
        while ((held = TryTake(folder, name)) is null)
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new VmStatsException(ErrorIds.FileLocked, VmStatsErrorKind.ResourceBusy, $"Another process keeps '{folder.PathOf(name)}' locked.", "Try again when it has ended.", folder.PathOf(name));
            }

            await Task.Delay(s_retry, cancellationToken).ConfigureAwait(false);
        }

        return held;
    }

    /// <summary>True when a process has the file locked. Tests with a shared lock, so that concurrent tests don't see each other.</summary>
    public static bool IsHeld(PinnedFolder folder, string name)
    {
        try
        {
            using FileStream probe = folder.OpenFile(name, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // The lock can't be opened, so its state is unknown: readers proceed without it.
            return false;
        }
        catch (IOException e) when (IsTaken(e))
        {
            return true;
        }
    }

    private static bool IsTaken(IOException e) => (e.HResult & 0xffff) is WouldBlock or SharingViolation;
}
