using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>The outcome of writing a record to the store.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The record was written.</summary>
    Written,

    /// <summary>The store rejected this record and gave a reason; other records may be accepted.</summary>
    Refused,

    /// <summary>The write failed as a whole, or the wait for the store ended.</summary>
    Unreachable,
}

/// <summary>The result of writing a record to the store.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Reason">Why the record was not written; null if it was.</param>
/// <param name="Warning">A warning of the store; null if there is none.</param>
internal readonly record struct RecordDelivery(DeliveryOutcome Outcome, string? Reason, string? Warning = null)
{
    /// <summary>Writes a record to a store. Any failure of the store is returned as the result, not thrown.</summary>
    /// <param name="store">The store.</param>
    /// <param name="record">The record.</param>
    /// <param name="patience">Ends the wait, even if the store doesn't respond to cancellation.</param>
    public static async Task<RecordDelivery> BringAsync(ITelemetryStore store, MemoryDumpRecord record, CancellationToken patience)
    {
        try
        {
            patience.ThrowIfCancellationRequested();
            PointConformer writer = new(store, MemDumpsTable.Rules);
            WriteResult result = await writer.WriteAsync([MemDumpsTable.ToPoint(record)], patience).AsTask().WaitAsync(patience).ConfigureAwait(false);
            return result.Rejected.Count == 0
                ? new RecordDelivery(DeliveryOutcome.Written, null, result.Warning)
                : new RecordDelivery(DeliveryOutcome.Refused, result.Rejected[0].Reason);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return new RecordDelivery(DeliveryOutcome.Unreachable, $"The store '{store.Info.Address}' has not answered, and was not waited for any longer.");
        }
        catch (Exception e)
        {
            // The record is valid, so any failure here is the store's: the record is kept for later.
            string reason = WriteTarget.GetRecommendation(e) is { } wayOut ? $"{e.Message} {wayOut}" : e.Message;
            return new RecordDelivery(DeliveryOutcome.Unreachable, reason);
        }
    }
}
