using System.Text.Json;
using VmStats.IO;

namespace VmStats.Dumps.State;

/// <summary>Manages the folder of dump state files and locks, which all processes of a user share.</summary>
/// <param name="folder">The folder's path.</param>
internal sealed class DumpStateStore(string folder)
{
    private const int MaximumStates = 200;
    private static readonly TimeSpan s_keepTime = TimeSpan.FromDays(7);

    public static string LockName(Guid dump) => $"{dump:N}.lock";

    public static string CancelName(Guid dump) => $"{dump:N}.cancel";

    /// <summary>Creates the state file of a new dump.</summary>
    public DumpStateFile Begin(DumpStateData data)
    {
        PinnedFolder states = StateFolder.Open(folder);
        FileStream? fileLock = null;
        try
        {
            fileLock = FileLock.TryTake(states, LockName(data.DumpId)) ?? throw new IOException("The lock of a new dump is taken.");
            return new DumpStateFile(states, fileLock, data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fileLock?.Dispose();
            states.Dispose();
            throw DumpErrors.StateFolderUnusable(folder, e);
        }
    }

    /// <summary>Takes the lock that limits a VM to one dump at a time.</summary>
    /// <returns>Null if another dump of the VM is running.</returns>
    public FileStream? TryLockVm(Guid vm) => TryLock($"vm-{vm:N}.lock");

    /// <summary>Takes the lock of a dump whose process died.</summary>
    /// <returns>Null if the process is alive, or another process is cleaning up after it.</returns>
    public FileStream? TryLock(Guid dump) => TryLock(LockName(dump));

    /// <summary>Returns all states, newest first. A dump whose process has died is returned as interrupted.</summary>
    /// <exception cref="VmStatsException"><c>DumpStateFolderUnusable</c>: the folder can't be read.</exception>
    public IEnumerable<DumpStateData> ReadAll() => ReadFolder(ReadAll) ?? [];

    /// <summary>Returns the state of one dump; null if there is none.</summary>
    public DumpStateData? Find(Guid dump) => ReadFolder(states => Read(states, NameOf(dump)) is DumpStateData data ? WithLiveness(states, data) : null);

    /// <summary>Returns true while the process that takes the dump is alive.</summary>
    public bool IsAlive(Guid dump) => ReadFolder(states => IsAlive(states, dump));

    /// <summary>Requests the process that takes a dump to stop it.</summary>
    public void RequestCancel(Guid dump)
    {
        using PinnedFolder states = StateFolder.Open(folder);
        states.OpenFile(CancelName(dump), FileMode.OpenOrCreate, FileAccess.Write).Dispose();
    }

    public void Write(DumpStateData data)
    {
        using PinnedFolder states = StateFolder.Open(folder);
        Write(states, data);
    }

    public static void Write(PinnedFolder states, DumpStateData data)
    {
        string name = NameOf(data.DumpId);
        string temporary = name + ".new";
        using (FileStream file = states.OpenFile(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, data, StateJson.Default.DumpStateData);
        }

        states.Move(temporary, name, overwrite: true);
    }

    /// <summary>Finishes the cleanup after a dump: removes the cancellation request and the lock, which this process holds.</summary>
    public void RemoveLock(Guid dump)
    {
        using PinnedFolder states = StateFolder.Open(folder);
        states.Delete(CancelName(dump));
        states.Delete(LockName(dump));
    }

    public static void Remove(PinnedFolder states, Guid dump)
    {
        states.Delete(NameOf(dump));
        states.Delete(CancelName(dump));
    }

    /// <summary>Deletes the states of dumps that ended more than 7 days ago, and all but the newest 200; states with a pending record are kept.</summary>
    public void Prune(DateTimeOffset now)
    {
        using PinnedFolder? states = PinnedFolder.TryOpen(folder, FolderUse.Write);
        int kept = 0;
        foreach (DumpStateData data in states is null ? [] : ReadAll(states).Where(data => data.FinishedAt is not null && data.Pending is null))
        {
            if (++kept > MaximumStates || now - data.FinishedAt > s_keepTime)
            {
                Remove(states!, data.DumpId);
            }
        }
    }

    private static string NameOf(Guid dump) => $"{dump:N}.json";


    private FileStream? TryLock(string name)
    {
        using PinnedFolder states = StateFolder.Open(folder);
        return FileLock.TryTake(states, name);
    }

    private T? ReadFolder<T>(Func<PinnedFolder, T> read)
    {
        try
        {
            using PinnedFolder states = PinnedFolder.Open(folder, FolderUse.Read);
            return read(states);
        }
        catch (FileNotFoundException)
        {
            // No dump was ever taken.
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.StateFolderUnusable(folder, e);
        }
    }

    private static DumpStateData[] ReadAll(PinnedFolder states) =>
    [
        .. states.Names("*.json")
            .Select(name => Read(states, name))
            .OfType<DumpStateData>()
            .Select(data => WithLiveness(states, data))
            .OrderByDescending(data => data.QueuedAt),
    ];

    private static DumpStateData? Read(PinnedFolder states, string name)
    {
        try
        {
            using FileStream file = states.OpenFile(name, FileMode.Open, FileAccess.Read);
            return JsonSerializer.Deserialize(file, StateJson.Default.DumpStateData);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            // Removed meanwhile, truncated by a power failure, or not a state file.
            return null;
        }
    }

    private static bool IsAlive(PinnedFolder states, Guid dump) => FileLock.IsHeld(states, LockName(dump));

    private static DumpStateData WithLiveness(PinnedFolder states, DumpStateData data) =>
        data.State is MemoryDumpState.Queued or MemoryDumpState.Running && !IsAlive(states, data.DumpId)
            ? Read(states, NameOf(data.DumpId)) is { FinishedAt: not null } ended ? ended : data with { State = MemoryDumpState.Interrupted }
            : data;
}
