using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Dumps.Records;

/// <summary>Reads dump records from a store, and makes figures of them.</summary>
internal sealed class MemoryDumpRecords(ITelemetryStore store)
{
    /// <summary>The records that are wanted, newest first, as they arrive.</summary>
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

    /// <summary>Figures over the records that are wanted, by one query.</summary>
    public async Task<MemoryDumpStats> GetStatsAsync(MemoryDumpFilter filter, CancellationToken cancellationToken)
    {
        StatsFold all = new(null, null);
        await foreach (MemoryDumpRecord record in ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            all.Add(record);
        }

        return all.ToStats();
    }

    /// <summary>Figures for each VM, by one query; in order of name.</summary>
    public async Task<IReadOnlyList<MemoryDumpStats>> GetStatsPerVmAsync(MemoryDumpFilter filter, CancellationToken cancellationToken)
    {
        Dictionary<string, StatsFold> folds = new(StringComparer.Ordinal);
        Dictionary<string, string> uuidOfName = new(StringComparer.Ordinal);
        await foreach (MemoryDumpRecord record in ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            // Newest first: a record without UUID belongs to the VM that bore the name last.
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

    // Only what every schema has is asked of the store: a record of the original has no UUID that could be asked for.
    private static StoreQuery ToQuery(MemoryDumpFilter filter) => new(MemDumpsTable.Measurement)
    {
        Descending = true,
        Start = filter.Start is DateTimeOffset start ? UnixTime.ToNanoseconds(start) : null,
        Finish = filter.Finish is DateTimeOffset finish ? UnixTime.ToNanoseconds(finish) : null,
        Filters = filter.Names is { Count: > 0 } names && filter.Uuids is null ? [ColumnFilter.In(MemDumpsTable.Dom, [.. names])] : [],
    };
}
