using VmStats.IO;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>Writes dump records to the store, or to a spool if the store doesn't accept them, so that none is lost.</summary>
/// <param name="store">The store for the records; null if records aren't stored.</param>
/// <param name="fallbackFolder">The folder for the spool if the dump folder can't be used for it.</param>
internal sealed class DumpRecorder(ITelemetryStore? store, string fallbackFolder)
{
    /// <summary>The default timeout for the store.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long to keep waiting for the store after the caller has cancelled.</summary>
    private static readonly TimeSpan s_graceTime = TimeSpan.FromSeconds(2);

    /// <summary>Creates a timeout for the store that is replaced by a short grace period when the caller cancels.</summary>
    /// <param name="timeout">The timeout.</param>
    /// <param name="stopped">The caller's cancellation.</param>
    public static RecordingLimit Limit(TimeSpan timeout, CancellationToken stopped) => new(timeout, s_graceTime, stopped);

    /// <summary>Returns the form in which a record is kept until it is written.</summary>
    /// <returns>Null if there is no store.</returns>
    public SpooledRecord? Pending(MemoryDumpRecord record) =>
        store is null ? null : new(store.Info.Address, store.Info.Database, "Its dump ended with its process.", record);

    /// <summary>Writes a record to the store, or to the spool if the store doesn't accept it in time.</summary>
    /// <param name="record">The record.</param>
    /// <param name="folder">The dump folder, for the spool; null if it can't be used.</param>
    /// <param name="timeoutToken">Ends the wait for the store; the record is then spooled.</param>
    /// <returns>A warning if the record was spooled or the store returned a warning; otherwise null.</returns>
    public async Task<string?> WriteAsync(MemoryDumpRecord record, PinnedFolder? folder, CancellationToken timeoutToken)
    {
        if (store is null)
        {
            return null;
        }

        RecordDelivery delivery = await RecordDelivery.DeliverAsync(store, record, timeoutToken).ConfigureAwait(false);
        if (delivery.Reason is null)
        {
            return delivery.Warning;
        }

        string place = Spool(new(store.Info.Address, store.Info.Database, delivery.Reason, record), folder);
        return $"The record waits in '{place}' until the store takes it: {delivery.Reason}";
    }

    /// <summary>Adds a record to the spool of the dump folder or, if that fails, of the fallback folder; it is flushed to the disk.</summary>
    /// <returns>The spool's path.</returns>
    public string Spool(SpooledRecord waiting, PinnedFolder? folder)
    {
        if (folder is not null)
        {
            try
            {
                RecordSpool spool = new(folder);
                spool.Add(waiting);
                return spool.Path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
            {
                // Most likely the disk is full; the fallback folder may be on another disk.
            }
        }

        using PinnedFolder fallback = StateFolder.Open(fallbackFolder);
        RecordSpool other = new(fallback);
        other.Add(waiting);
        return other.Path;
    }

    /// <summary>Writes the spooled records of this store. It isn't an error if the store is still unreachable.</summary>
    public async Task<RecordReplay> ReplayAsync(PinnedFolder? folder, CancellationToken timeoutToken)
    {
        using PinnedFolder? fallback = PinnedFolder.TryOpen(fallbackFolder, FolderUse.Write);
        RecordReplay first = await ReplayFolderAsync(fallback, timeoutToken).ConfigureAwait(false);
        RecordReplay second = await ReplayFolderAsync(folder, timeoutToken).ConfigureAwait(false);
        return new RecordReplay(first.Written + second.Written, [.. first.Warnings, .. second.Warnings]);
    }

    private async Task<RecordReplay> ReplayFolderAsync(PinnedFolder? folder, CancellationToken timeoutToken) =>
        store is null || folder is null ? new RecordReplay(0, []) : await new RecordSpool(folder).ReplayAsync(store, timeoutToken).ConfigureAwait(false);
}
