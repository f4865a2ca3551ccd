namespace VmStats.Dumps.Records;

/// <summary>Computes statistics from records that are added one by one.</summary>
internal sealed class StatsFold(string? name, Guid? uuid)
{
    private readonly HashSet<string> _vms = new(StringComparer.Ordinal);
    private readonly List<double> _durations = [];
    private int _count;
    private int _failures;
    private long _raw;
    private long _stored;
    private (long Raw, long Stored) _both;
    private (long Raw, double Seconds) _timed;
    private DateTime? _last;

    public void Add(MemoryDumpRecord record)
    {
        if (record.State != MemoryDumpState.Completed)
        {
            _failures += record.State is MemoryDumpState.Queued or MemoryDumpState.Running ? 0 : 1;
            return;
        }

        _count++;
        _vms.Add(record.Uuid?.ToString() ?? record.Name);
        _raw += record.RawBytes ?? 0;
        _stored += record.StoredBytes ?? 0;
        _last = _last is null || record.TimeUtc > _last ? record.TimeUtc : _last;
        if (record.RawBytes is long raw && record.StoredBytes is long stored)
        {
            _both = (_both.Raw + raw, _both.Stored + stored);
        }

        if (record.Duration is TimeSpan duration)
        {
            _durations.Add(duration.TotalSeconds);
            _timed = record.RawBytes is long bytes ? (_timed.Raw + bytes, _timed.Seconds + duration.TotalSeconds) : _timed;
        }
    }

    public MemoryDumpStats ToStats()
    {
        _durations.Sort();
        return new MemoryDumpStats
        {
            Name = name,
            Uuid = uuid,
            Count = _count,
            VmCount = _vms.Count,
            FailureCount = _failures,
            RawBytes = _raw,
            StoredBytes = _stored,
            Ratio = _both.Stored > 0 ? (double)_both.Raw / _both.Stored : null,
            AverageDuration = _durations.Count > 0 ? TimeSpan.FromSeconds(_durations.Average()) : null,
            P95Duration = _durations.Count > 0 ? TimeSpan.FromSeconds(_durations[NearestRank(_durations.Count, 95) - 1]) : null,
            MegabytesPerSecond = _timed.Seconds > 0 ? _timed.Raw / 1e6 / _timed.Seconds : null,
            LastDumpUtc = _last,
        };
    }

    private static int NearestRank(int count, int percent) => ((count * percent) + 99) / 100;
}
