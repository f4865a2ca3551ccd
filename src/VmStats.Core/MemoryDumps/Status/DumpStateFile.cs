using VmStats.Files;

namespace VmStats.MemoryDumps;

/// <summary>The state of a dump of this process: written whole each time, with a lock beside it that says that we live.</summary>
internal sealed class DumpStateFile : IDisposable
{
    private readonly PinnedFolder _folder;
    private readonly FileStream _lock;
    private readonly object _gate = new();

    public DumpStateFile(PinnedFolder folder, FileStream @lock, DumpStateData data)
    {
        _folder = folder;
        _lock = @lock;
        Current = data;
        DumpStateStore.Write(folder, data);
    }

    /// <summary>The state as last written.</summary>
    public DumpStateData Current { get; private set; }

    /// <summary>True once another process has asked for the end.</summary>
    public bool IsCancelRequested => _folder.Find(DumpStateStore.CancelName(Current.DumpId)) is not null;

    /// <summary>Changes the state. Where its file can't be written, a full disk say, those who look see the old one: the dump goes on.</summary>
    public void Update(Func<DumpStateData, DumpStateData> change)
    {
        lock (_gate)
        {
            Current = change(Current);
            try
            {
                DumpStateStore.Write(_folder, Current);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next change tries again.
            }
        }
    }

    /// <summary>Forgets the dump: it never began.</summary>
    public void Discard() => DumpStateStore.Remove(_folder, Current.DumpId);

    public void Dispose()
    {
        using (_folder)
        {
            _folder.Delete(DumpStateStore.CancelName(Current.DumpId));
            _folder.Delete(DumpStateStore.LockName(Current.DumpId));
            _lock.Dispose();
        }
    }
}
