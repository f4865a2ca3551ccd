using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>Reads dump records from a store and computes statistics of them.</summary>
internal sealed class MemoryDumpRecords(ITelemetryStore store)
{
    /// <summary>Returns the matching records, newest first, as they arrive.</summary>
    public async IAsyncEnumerable<MemoryDumpRecord> ReadAsync(MemoryDumpFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long toSkip = filter.Skip, left = filter.First ?? long.MaxValue;
        if (left <= 0)
        {
            yield break;
        }

        await foreach (StoreRow row in store.QueryAsync(ToQuery(filter), cancellationToken).ConfigureAwait(false))
        {
            MemoryDumpRecord record = MemDumpsRow.ToRecord(row);
            if (!filter.Matches(record) || toSkip-- > 0)
            {
                continue;
            }

            yield return record;
            if (--left == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>Computes statistics over all matching records, with a single query.</summary>
    public async Task<MemoryDumpStats> GetStatsAsync(MemoryDumpFilter filter, CancellationToken cancellationToken)
    {
        StatsFold all = new(null, null);
        await foreach (MemoryDumpRecord record in ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            all.Add(record);
        }

        return all.ToStats();
    }

    /// <summary>Computes statistics for each VM, with a single query; sorted by name.</summary>
    public async Task<IReadOnlyList<MemoryDumpStats>> GetStatsPerVmAsync(MemoryDumpFilter filter, CancellationToken cancellationToken)
    {
        Dictionary<string, StatsFold> folds = new(StringComparer.Ordinal);
        Dictionary<string, string> uuidOfName = new(StringComparer.Ordinal);
        await foreach (MemoryDumpRecord record in ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            // Records come newest first: one without a UUID is attributed to the VM that had the name most recently.
            if (record.Uuid is Guid uuid)
            {
                uuidOfName.TryAdd(record.Name, uuid.ToString());
            }

            string key = record.Uuid?.ToString() ?? uuidOfName.GetValueOrDefault(record.Name, record.Name);
            if (!folds.TryGetValue(key, out StatsFold? fold))
            {
                folds.Add(key, fold = new StatsFold(record.Name, record.Uuid));
            }

            fold.Add(record);
        }

        return folds.Values.Select(fold => fold.ToStats()).OrderBy(stats => stats.Name, StringComparer.Ordinal).ToArray();
    }

    // The store's query filters only by columns that every schema has: the original's records, for example, have no UUID.
    private static StoreQuery ToQuery(MemoryDumpFilter filter) => new(MemDumpsTable.Measurement)
    {
        Descending = true,
        Start = filter.Start is DateTimeOffset start ? UnixTime.ToNanoseconds(start) : null,
        Finish = filter.Finish is DateTimeOffset finish ? UnixTime.ToNanoseconds(finish) : null,
        Filters = filter.Names is { Count: > 0 } names && filter.Uuids is null ? [ColumnFilter.In(MemDumpsTable.Dom, [.. names])] : [],
    };
}
