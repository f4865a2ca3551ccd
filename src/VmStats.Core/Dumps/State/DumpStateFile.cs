using VmStats.IO;

namespace VmStats.Dumps.State;

/// <summary>
/// The state file of a dump that this process takes. Each update replaces the whole file; the lock on the file next to it shows
/// other processes that this one is alive.
/// </summary>
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

    /// <summary>The current state.</summary>
    public DumpStateData Current { get; private set; }

    /// <summary>True once another process has requested cancellation.</summary>
    public bool IsCancelRequested => _folder.Find(DumpStateStore.CancelName(Current.DumpId)) is not null;

    /// <summary>
    /// Changes the state. If its file can't be written (a full disk, for example), other processes see the old state,
    /// and the dump continues.
    /// </summary>
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
                // The next update tries again.
            }
        }
    }

    /// <summary>Deletes the state of a dump that never started.</summary>
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
