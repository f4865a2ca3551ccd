using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>What became of a record on its way to the store.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The store has it.</summary>
    Written,

    /// <summary>The store has it not, and said why: others may fare better.</summary>
    Refused,

    /// <summary>The store took nothing at all, or was not waited for any longer.</summary>
    Unreachable,
}

/// <summary>A record on its way to the store.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why the store has it not; null when it has.</param>
/// <param name="Warning">What the store had to tell with it; null when all is well.</param>
internal readonly record struct RecordDelivery(DeliveryOutcome Outcome, string? Reason, string? Warning = null)
{
    /// <summary>Brings a record to a store. Nothing that a store does makes it fail.</summary>
    /// <param name="store">The store.</param>
    /// <param name="record">The record.</param>
    /// <param name="patience">Ends the wait, whatever the store thinks of it.</param>
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
            // The record is sound: whatever fails here is the store's, and the record waits.
            string reason = WriteTarget.GetRecommendation(e) is { } wayOut ? $"{e.Message} {wayOut}" : e.Message;
            return new RecordDelivery(DeliveryOutcome.Unreachable, reason);
        }
    }
}
