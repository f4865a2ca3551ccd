namespace VmStats.MemoryDumps;

/// <summary>The state of a dump of this process: written whole each time, with a lock beside it that says that we live.</summary>
internal sealed class DumpStateFile : IDisposable
{
    private readonly DumpStateStore _store;
    private readonly FileStream _lock;
    private readonly object _gate = new();

    public DumpStateFile(DumpStateStore store, FileStream @lock, DumpStateData data)
    {
        _store = store;
        _lock = @lock;
        Current = data;
        store.Write(data);
    }

    /// <summary>The state as last written.</summary>
    public DumpStateData Current { get; private set; }

    /// <summary>True once another process has asked for the end.</summary>
    public bool IsCancelRequested => File.Exists(_store.CancelPath(Current.DumpId));

    /// <summary>Changes the state.</summary>
    public void Update(Func<DumpStateData, DumpStateData> change)
    {
        lock (_gate)
        {
            Current = change(Current);
            _store.Write(Current);
        }
    }

    /// <summary>Forgets the dump: it never began.</summary>
    public void Discard() => _store.Remove(Current.DumpId);

    public void Dispose()
    {
        File.Delete(_store.CancelPath(Current.DumpId));
        File.Delete(_store.LockPath(Current.DumpId));
        _lock.Dispose();
    }
}
