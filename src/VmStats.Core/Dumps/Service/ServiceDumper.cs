using System.Globalization;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Records;
using VmStats.Errors;
using VmStats.Stores;

namespace VmStats.Dumps.Service;

/// <summary>
/// Has the original's dump service take a dump, and returns the record that the service wrote. The record and its hash
/// come from the service alone and can't be checked here, so the record is marked as unverified. The service doesn't
/// record failures; they are recorded here.
/// </summary>
/// <param name="client">The service's client.</param>
/// <param name="store">The store with the records.</param>
/// <param name="stateFolder">The folder in which a record waits if the store can't accept it.</param>
internal sealed class ServiceDumper(MemoryDumpServiceClient client, ITelemetryStore store, string stateFolder)
{
    // The maximum difference between the service's clock and the times in its records.
    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(1);

    /// <summary>The polling interval.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Maximum time to wait for the store, counted from the end of the dump.</summary>
    public TimeSpan RecordTimeout { get; init; } = DumpRecorder.DefaultTimeout;

    /// <summary>Has a VM dumped and waits for the end of the dump.</summary>
    /// <param name="name">The VM's name.</param>
    /// <param name="limit">Maximum time to wait; after it the dump continues.</param>
    /// <param name="progress">Receives the status at each poll.</param>
    /// <param name="cancellationToken">Ends the wait; the dump continues.</param>
    /// <exception cref="MemoryDumpException"><c>DumpServiceDumpFailed</c>, with the record of the failed dump.</exception>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>, <c>DumpServiceTimeout</c>, or the error of the service.</exception>
    public async Task<MemoryDumpRecord> DumpAsync(string name, TimeSpan? limit, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        MemoryDumpStatus begun = (await client.StartAsync([name], cancellationToken).ConfigureAwait(false))[0];
        MemoryDumpStatus ended = await WaitAsync(begun, limit, progress, cancellationToken).ConfigureAwait(false);
        MemoryDumpRecord record = ended.State == MemoryDumpState.Completed
            ? await FindRecordAsync(ended, cancellationToken).ConfigureAwait(false)
            : throw await FailedAsync(ended, cancellationToken).ConfigureAwait(false);

        // A new dump is queued; a running one was started by another client.
        return begun.State == MemoryDumpState.Queued
            ? record
            : record with { Warnings = [.. record.Warnings, $"The service was already dumping '{name}': this is that dump."] };
    }

    private async Task<MemoryDumpStatus> WaitAsync(MemoryDumpStatus begun, TimeSpan? limit, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limit is TimeSpan maximum)
        {
            wait.CancelAfter(maximum);
        }

        try
        {
            return await client.WaitAsync(begun, Interval, progress, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VmStatsException(
                ErrorIds.DumpServiceTimeout,
                VmStatsErrorKind.Timeout,
                string.Create(CultureInfo.InvariantCulture, $"The dump of '{begun.Name}' by the service '{client.Address}' takes longer than {limit!.Value.TotalSeconds:0.#} s. It continues: the service can't stop a dump."),
                "Watch it with Get-MemoryDumpStatus -ServiceUrl.",
                begun.Name,
                e);
        }
    }

    private async Task<MemoryDumpRecord> FindRecordAsync(MemoryDumpStatus ended, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(RecordTimeout);
        MemoryDumpFilter filter = new() { Names = [ended.Name], Start = ended.StartedAtUtc - s_tolerance };
        string why = $"the store '{store.Info.Address}' has none";
        try
        {
            await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(filter, timeout.Token).ConfigureAwait(false))
            {
                if (record.Path is not null && record.Path == ended.Path)
                {
                    return record with { DumpId = ended.DumpId, IsHashVerified = false };
                }
            }
        }
        catch (VmStatsException e)
        {
            why = e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            why = $"the store '{store.Info.Address}' did not answer in time";
        }

        return Record(ended) with { Warnings = [$"The record that the service wrote of this dump, with its hash, was not found: {why}"] };
    }

    private async Task<MemoryDumpException> FailedAsync(MemoryDumpStatus ended, CancellationToken cancellationToken)
    {
        using RecordingLimit timeout = DumpRecorder.Limit(RecordTimeout, cancellationToken);
        VmStatsException failure = new(
            ErrorIds.DumpServiceDumpFailed,
            VmStatsErrorKind.InvalidOperation,
            $"The dump of '{ended.Name}' by the service '{client.Address}' failed: {ended.Message}",
            "Look at the service's log on that host.",
            ended.Name);
        MemoryDumpRecord record = Record(ended) with { State = MemoryDumpState.Failed, ErrorId = failure.ErrorId, Error = failure.Message, ToolVersion = DumpFacts.ToolVersion };
        string? warning = await new DumpRecorder(store, stateFolder).WriteAsync(record, null, timeout.Token).ConfigureAwait(false);
        return new MemoryDumpException(failure, record with { Warnings = warning is null ? [] : [warning] });
    }

    private MemoryDumpRecord Record(MemoryDumpStatus ended) => new()
    {
        TimeUtc = ended.StartedAtUtc ?? ended.FinishedAtUtc ?? DateTime.UtcNow,
        Name = ended.Name,
        HostName = new Uri(client.Address).Host,
        State = ended.State,
        DumpId = ended.DumpId,
        Path = ended.State == MemoryDumpState.Completed ? ended.Path : null,
        Duration = ended.Duration,
        Compression = MemoryDumpCompression.None,
        Format = "elf",
        Flags = "memory-only,live",
        IsHashVerified = false,
    };
}
