using System.Text.Json;

namespace VmStats.MemoryDumps;

/// <summary>The folder of state files and locks that all processes of a user share.</summary>
internal sealed class DumpStateStore
{
    private const int KeptStates = 200;
    private static readonly TimeSpan s_keepTime = TimeSpan.FromDays(7);

    private readonly string _folder;

    public DumpStateStore(string folder)
    {
        _folder = folder;
    }

    public string LockPath(Guid dump) => Path.Combine(_folder, $"{dump:N}.lock");

    public string CancelPath(Guid dump) => Path.Combine(_folder, $"{dump:N}.cancel");

    /// <summary>The spool for records whose dump folder can't be written to.</summary>
    public string SpoolFolder => _folder;

    /// <summary>Begins the state of a new dump.</summary>
    public DumpStateFile Begin(DumpStateData data)
    {
        try
        {
            UnixFiles.CreateFolder(_folder);
            FileStream taken = FileLock.TryTake(LockPath(data.DumpId)) ?? throw new IOException("The lock of a new dump is taken.");
            return new DumpStateFile(this, taken, data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmStatsException(
                "DumpStateFolderUnusable",
                VmStatsErrorKind.WriteFailed,
                $"The folder for the states of dumps, '{_folder}', can't be used: {e.Message}",
                "Mend its permissions, or set XDG_STATE_HOME.",
                _folder,
                e);
        }
    }

    /// <summary>Takes the lock that lets one dump of a VM run at a time.</summary>
    /// <returns>Null when another dump of it runs.</returns>
    public FileStream? TryLockVm(Guid vm)
    {
        UnixFiles.CreateFolder(_folder);
        return FileLock.TryTake(Path.Combine(_folder, $"vm-{vm:N}.lock"));
    }

    /// <summary>All states, newest first. What runs no more is given as interrupted.</summary>
    public IEnumerable<DumpStateData> ReadAll()
    {
        if (!Directory.Exists(_folder))
        {
            return [];
        }

        return Directory.EnumerateFiles(_folder, "*.json")
            .Select(Read)
            .OfType<DumpStateData>()
            .Select(Judge)
            .OrderByDescending(data => data.QueuedAt)
            .ToArray();
    }

    /// <summary>True while the process that takes the dump lives.</summary>
    public bool IsAlive(Guid dump) => FileLock.IsHeld(LockPath(dump));

    /// <summary>Asks the process that takes a dump to stop it.</summary>
    public void RequestCancel(Guid dump) => File.WriteAllBytes(CancelPath(dump), []);

    public void Write(DumpStateData data)
    {
        string path = PathOf(data.DumpId);
        string temporary = path + ".new";
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, data, DumpJson.Default.DumpStateData);
        }

        File.Move(temporary, path, overwrite: true);
    }

    public void Remove(Guid dump)
    {
        File.Delete(PathOf(dump));
        File.Delete(CancelPath(dump));
    }

    /// <summary>Forgets what ended long ago.</summary>
    public void Prune(DateTimeOffset now)
    {
        int kept = 0;
        foreach (DumpStateData data in ReadAll().Where(data => data.FinishedAt is not null))
        {
            if (++kept > KeptStates || now - data.FinishedAt > s_keepTime)
            {
                Remove(data.DumpId);
            }
        }
    }

    private string PathOf(Guid dump) => Path.Combine(_folder, $"{dump:N}.json");

    private static DumpStateData? Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return JsonSerializer.Deserialize(file, DumpJson.Default.DumpStateData);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            // Removed meanwhile, or cut by a power failure.
            return null;
        }
    }

    private DumpStateData Judge(DumpStateData data) =>
        data.State is MemoryDumpState.Queued or MemoryDumpState.Running && !IsAlive(data.DumpId)
            ? Read(PathOf(data.DumpId)) is { FinishedAt: not null } ended ? ended : data with { State = MemoryDumpState.Interrupted }
            : data;
}
