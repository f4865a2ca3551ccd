using VmStats.IO;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>Brings records into the store, or into the spool where the store can't take them: none is lost.</summary>
/// <param name="store">Takes the records; null for none.</param>
/// <param name="fallbackFolder">The spool of records whose dump folder takes none.</param>
internal sealed class DumpRecorder(ITelemetryStore? store, string fallbackFolder)
{
    /// <summary>The longest wait for a store where nothing else is said.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long to keep waiting for a store that has not answered yet after the command is stopped.</summary>
    private static readonly TimeSpan s_graceTime = TimeSpan.FromSeconds(2);

    /// <summary>A timeout for the store, shortened when the command is stopped.</summary>
    /// <param name="patience">The longest wait.</param>
    /// <param name="stopped">Somebody doesn't want to wait.</param>
    public static RecordingLimit Limit(TimeSpan patience, CancellationToken stopped) => new(patience, s_graceTime, stopped);

    /// <summary>What is kept of a record until it is written.</summary>
    /// <returns>Null where there is no store that would take it.</returns>
    public SpooledRecord? Pending(MemoryDumpRecord record) =>
        store is null ? null : new(store.Info.Address, store.Info.Database, "Its dump ended with its process.", record);

    /// <summary>Writes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="folder">The dump folder, for the spool; null when it can't be used.</param>
    /// <param name="patience">Ends the wait for the store: the record goes to the spool.</param>
    /// <returns>A warning where the record waits in the spool, or the store has something to tell; else null.</returns>
    public async Task<string?> WriteAsync(MemoryDumpRecord record, PinnedFolder? folder, CancellationToken patience)
    {
        if (store is null)
        {
            return null;
        }

        RecordDelivery delivery = await RecordDelivery.BringAsync(store, record, patience).ConfigureAwait(false);
        if (delivery.Outcome == DeliveryOutcome.Written)
        {
            return delivery.Warning;
        }

        string place = Spool(new(store.Info.Address, store.Info.Database, delivery.Reason!, record), folder);
        return $"The record waits in '{place}' until the store takes it: {delivery.Reason}";
    }

    /// <summary>Puts a record into a spool, on the disk.</summary>
    /// <returns>The spool.</returns>
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
                // A full disk, most likely: the state folder is on another one.
            }
        }

        using PinnedFolder fallback = StateFolder.Open(fallbackFolder);
        RecordSpool other = new(fallback);
        other.Add(waiting);
        return other.Path;
    }

    /// <summary>Writes what waits in the spools for this store. A store that is still away is no failure.</summary>
    public async Task<RecordReplay> ReplayAsync(PinnedFolder? folder, CancellationToken patience)
    {
        using PinnedFolder? fallback = PinnedFolder.TryOpen(fallbackFolder, FolderUse.Write);
        RecordReplay first = await ReplayFolderAsync(fallback, patience).ConfigureAwait(false);
        RecordReplay second = await ReplayFolderAsync(folder, patience).ConfigureAwait(false);
        return new RecordReplay(first.Written + second.Written, [.. first.Warnings, .. second.Warnings]);
    }

    private async Task<RecordReplay> ReplayFolderAsync(PinnedFolder? folder, CancellationToken patience) =>
        store is null || folder is null ? new RecordReplay(0, []) : await new RecordSpool(folder).ReplayAsync(store, patience).ConfigureAwait(false);
}
