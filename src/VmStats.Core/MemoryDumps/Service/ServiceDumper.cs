using System.Globalization;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>
/// Has the original's dump service take a dump, and gives the record that the service wrote. What it says of itself, hash
/// and all, nobody else vouches for: it is marked as unverified. A failure, which the service doesn't record, is recorded here.
/// </summary>
/// <param name="client">The service.</param>
/// <param name="store">Where records are.</param>
/// <param name="stateFolder">Where a record waits that the store can't take.</param>
internal sealed class ServiceDumper(MemoryDumpServiceClient client, ITelemetryStore store, string stateFolder)
{
    // By how much the service's clock and that of its records may differ.
    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Time between two questions.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait for the store, from a dump's end.</summary>
    public TimeSpan RecordPatience { get; init; } = DumpRecorder.UsualPatience;

    /// <summary>Has a VM dumped and waits for the end.</summary>
    /// <param name="name">The VM's name.</param>
    /// <param name="limit">Longest wait; the dump goes on.</param>
    /// <param name="progress">Told each answer.</param>
    /// <param name="cancellationToken">Ends the wait; the dump goes on.</param>
    /// <exception cref="MemoryDumpException"><c>DumpServiceDumpFailed</c>, with the record made of it.</exception>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>, <c>DumpServiceTimeout</c>, or the service's failure.</exception>
    public async Task<MemoryDumpRecord> DumpAsync(string name, TimeSpan? limit, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        MemoryDumpStatus begun = (await client.StartAsync([name], cancellationToken).ConfigureAwait(false))[0];
        MemoryDumpStatus ended = await WaitAsync(begun, limit, progress, cancellationToken).ConfigureAwait(false);
        MemoryDumpRecord record = ended.State == MemoryDumpState.Completed
            ? await FindRecordAsync(ended, cancellationToken).ConfigureAwait(false)
            : throw await FailedAsync(ended, cancellationToken).ConfigureAwait(false);

        // A new one is queued; one that runs was begun by somebody else.
        return begun.State == MemoryDumpState.Queued
            ? record
            : record with { Warnings = [.. record.Warnings, $"The service was dumping '{name}' already: this is that dump."] };
    }

    private async Task<MemoryDumpStatus> WaitAsync(MemoryDumpStatus begun, TimeSpan? limit, IProgress<MemoryDumpStatus>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limit is TimeSpan longest)
        {
            wait.CancelAfter(longest);
        }

        try
        {
            return await client.WaitAsync(begun, Interval, progress, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VmStatsException(
                "DumpServiceTimeout",
                VmStatsErrorKind.Timeout,
                string.Create(CultureInfo.InvariantCulture, $"The dump of '{begun.Name}' by the service '{client.Address}' takes longer than {limit!.Value.TotalSeconds:0.#} s. It goes on: the service can't stop one."),
                "Look at Get-MemoryDumpStatus -ServiceUrl.",
                begun.Name,
                e);
        }
    }

    private async Task<MemoryDumpRecord> FindRecordAsync(MemoryDumpStatus ended, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(RecordPatience);
        MemoryDumpFilter filter = new() { Names = [ended.Name], Start = ended.StartedAtUtc - s_tolerance };
        string why = $"the store '{store.Info.Address}' has none";
        try
        {
            await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(filter, patience.Token).ConfigureAwait(false))
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
            why = $"the store '{store.Info.Address}' has not answered, and was not waited for any longer";
        }

        return Record(ended) with { Warnings = [$"The record that the service wrote of this dump, with its hash, was not found: {why}"] };
    }

    private async Task<MemoryDumpException> FailedAsync(MemoryDumpStatus ended, CancellationToken cancellationToken)
    {
        using RecordingLimit patience = DumpRecorder.Limit(RecordPatience, cancellationToken);
        VmStatsException failure = new(
            "DumpServiceDumpFailed",
            VmStatsErrorKind.InvalidOperation,
            $"The dump of '{ended.Name}' by the service '{client.Address}' failed: {ended.Message}",
            "Look at the service's log on that host.",
            ended.Name);
        MemoryDumpRecord record = Record(ended) with { State = MemoryDumpState.Failed, ErrorId = failure.ErrorId, Error = failure.Message, ToolVersion = DumpFacts.ToolVersion };
        string? warning = await new DumpRecorder(store, stateFolder).WriteAsync(record, null, patience.Token).ConfigureAwait(false);
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
