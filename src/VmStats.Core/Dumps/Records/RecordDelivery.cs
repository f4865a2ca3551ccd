using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>The result of writing a record to the store.</summary>
/// <param name="Reason">Why the record was not written; null if it was.</param>
/// <param name="Warning">A warning of the store; null if there is none.</param>
internal readonly record struct RecordDelivery(string? Reason, string? Warning = null)
{
    /// <summary>Writes a record to a store. Any failure of the store is returned as the result, not thrown.</summary>
    /// <param name="store">The store.</param>
    /// <param name="record">The record.</param>
    /// <param name="timeoutToken">Ends the wait, even if the store doesn't respond to cancellation.</param>
    public static async Task<RecordDelivery> DeliverAsync(ITelemetryStore store, MemoryDumpRecord record, CancellationToken timeoutToken)
    {
        try
        {
            timeoutToken.ThrowIfCancellationRequested();
            PointConformer writer = new(store, MemDumpsTable.Rules);
            WriteResult result = await writer.WriteAsync([MemDumpsTable.ToPoint(record)], timeoutToken).AsTask().WaitAsync(timeoutToken).ConfigureAwait(false);
            return result.Rejected.Count == 0
                ? new RecordDelivery(null, result.Warning)
                : new RecordDelivery(result.Rejected[0].Reason);
        }
        catch (OperationCanceledException) when (timeoutToken.IsCancellationRequested)
        {
            return new RecordDelivery($"The store '{store.Info.Address}' has not answered, and was not waited for any longer.");
        }
        catch (Exception e)
        {
            // The record is valid, so any failure here is the store's: the record is kept for later.
            string reason = WriteTarget.GetRecommendation(e) is { } wayOut ? $"{e.Message} {wayOut}" : e.Message;
            return new RecordDelivery(reason);
        }
    }
}
