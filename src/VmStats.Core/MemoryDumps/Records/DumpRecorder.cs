using VmStats.Files;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>Brings records into the store, or into the spool where the store can't take them: none is lost.</summary>
internal sealed class DumpRecorder(ITelemetryStore? store, string fallbackFolder)
{
    /// <summary>Writes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="folder">The dump folder, for the spool; null when it can't be used.</param>
    /// <returns>A warning where the record waits in the spool.</returns>
    public async Task<string?> WriteAsync(MemoryDumpRecord record, PinnedFolder? folder)
    {
        if (store is null)
        {
            return null;
        }

        string reason;
        try
        {
            MeasurementSchema? schema = await store.GetSchemaAsync(MemDumpsTable.Measurement, CancellationToken.None).ConfigureAwait(false);
            WriteResult result = await store.WriteAsync([MemDumpsTable.ToPoint(record, schema)], CancellationToken.None).ConfigureAwait(false);
            if (result.Rejected.Count == 0)
            {
                return null;
            }

            reason = result.Rejected[0].Reason;
        }
        catch (VmStatsException e)
        {
            reason = e.Message;
        }

        SpooledRecord waiting = new(store.Info.Address, store.Info.Database, reason, record);
        string place = await SpoolAsync(waiting, folder).ConfigureAwait(false);
        return $"The record waits in '{place}' until the store takes it: {reason}";
    }

    /// <summary>Writes what waits in the spools for this store. A store that is still away is no failure.</summary>
    public async Task<int> ReplayAsync(PinnedFolder? folder)
    {
        if (store is null)
        {
            return 0;
        }

        using PinnedFolder? fallback = PinnedFolder.TryOpen(fallbackFolder, FolderUse.Write);
        return await ReplayAsync(store, fallback).ConfigureAwait(false) + await ReplayAsync(store, folder).ConfigureAwait(false);
    }

    private static async Task<int> ReplayAsync(ITelemetryStore store, PinnedFolder? folder)
    {
        try
        {
            return folder is null ? 0 : await new RecordSpool(folder).ReplayAsync(store, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or on a full disk: what waits there waits on, and stands in nobody's way.
            return 0;
        }
    }

    private async Task<string> SpoolAsync(SpooledRecord waiting, PinnedFolder? folder)
    {
        if (folder is not null)
        {
            try
            {
                await new RecordSpool(folder).AddAsync(waiting, CancellationToken.None).ConfigureAwait(false);
                return folder.PathOf(RecordSpool.FileName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or VmStatsException)
            {
                // A full disk, most likely: the state folder is on another one.
            }
        }

        using PinnedFolder fallback = DumpStateStore.OpenFolder(fallbackFolder);
        await new RecordSpool(fallback).AddAsync(waiting, CancellationToken.None).ConfigureAwait(false);
        return fallback.PathOf(RecordSpool.FileName);
    }
}
