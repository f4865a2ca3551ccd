using VmStats.Points;

namespace VmStats;

/// <summary>
/// The data from which a telemetry object computes its properties on demand: its row and the previous one or, for a
/// bucket of a roll-up, the bucket's values and its last row.
/// </summary>
internal readonly struct SampleData
{
    /// <summary>2^63: larger than any valid number of bytes, and than any property can hold.</summary>
    public const double TooLarge = 9_223_372_036_854_775_808;

    private readonly TelemetryColumns _columns;
    private readonly StoreRow _row;
    private readonly StoreRow? _previous;
    private readonly double[]? _values;
    private readonly TelemetryQuality _quality;

    /// <summary>Creates a sample.</summary>
    /// <param name="columns">The columns of the row.</param>
    /// <param name="identity">The VM.</param>
    /// <param name="row">The row.</param>
    /// <param name="previous">The previous row of the same series, or null.</param>
    /// <param name="quality">The quality determined by the reader: Ok, Gap, Stale or Ahead. A reset is detected here.</param>
    public SampleData(TelemetryColumns columns, VmIdentity identity, StoreRow row, StoreRow? previous, TelemetryQuality quality)
    {
        _columns = columns;
        Identity = identity;
        _row = row;
        _previous = previous;
        _quality = quality;
        Time = row.Time ?? 0;
    }

    /// <summary>Creates a bucket.</summary>
    /// <param name="columns">The columns of the row.</param>
    /// <param name="identity">The VM.</param>
    /// <param name="row">The last row in or before the bucket, from which everything except metrics is read.</param>
    /// <param name="time">The bucket's start, UTC nanoseconds.</param>
    /// <param name="interval">The bucket's width, nanoseconds.</param>
    /// <param name="values">A value for each metric of the set; NaN if absent.</param>
    /// <param name="quality">The worst quality of the bucket's samples.</param>
    public SampleData(
        TelemetryColumns columns, VmIdentity identity, StoreRow row, long time, long interval, double[] values, TelemetryQuality quality)
    {
        _columns = columns;
        Identity = identity;
        _row = row;
        _values = values;
        _quality = quality;
        Time = time;
        BucketInterval = interval;
    }

    public VmIdentity Identity { get; }

    public long Time { get; }

    /// <summary>The bucket's width in nanoseconds; 0 for a sample.</summary>
    private long BucketInterval { get; }

    public string? Name => _columns.Name(_row);

    public string? VmId => _row[_columns.VmId].ToText();

    public string? HostName => _row[_columns.HostName].ToText();

    public bool IsSimulated => _row[_columns.IsSimulated].ToText() is "true";

    public bool IsPartial => _row[_columns.IsPartial].AsBoolean() == true;

    public string? DeviceType => _row[_columns.DeviceType].ToText();

    public string? Device => _row[_columns.Device].ToText();

    public int? StateReason => _row[_columns.StateReason].AsInt64() is >= int.MinValue and <= int.MaxValue and long reason ? (int)reason : null;

    public VmState? State => VmStateText.Read(_row[_columns.State]);

    public int? Cpus => GetInteger(VmMetrics.Cpus) is <= int.MaxValue and long cpus ? (int)cpus : null;

    public DateTimeOffset? BalloonUpdate =>
        _row[_columns.BalloonUpdate].AsInt64() is > 0 and < 253_402_300_800 and long seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>Nanoseconds since the previous sample, or the bucket's width; null for a first sample.</summary>
    public long? IntervalNanoseconds =>
        _values is not null ? BucketInterval : _previous?.Time is long before && Time > before ? Time - before : null;

    public TimeSpan? Interval =>
        IntervalNanoseconds is long nanoseconds ? TimeSpan.FromTicks(nanoseconds / UnixTime.NanosecondsPerTick) : null;

    public TelemetryQuality Quality =>
        _quality < TelemetryQuality.Reset && _values is null && HasReset() ? TelemetryQuality.Reset : _quality;

    /// <summary>Returns the value of a metric of the set; null when absent.</summary>
    public double? Get(VmTelemetryMetric metric)
    {
        if (_values is not null)
        {
            double value = _values[metric.Index];
            return double.IsNaN(value) ? null : value;
        }

        return metric.Formula switch
        {
            MetricFormula.Value => Level(metric.Slot, metric.Scale) * metric.Scale,
            MetricFormula.PerSecond => Growth(metric.Slot) * metric.Scale / Seconds(),
            MetricFormula.CpuShare => CpuShare(metric),
            MetricFormula.UsedShare => UsedShare(metric),
            _ => Growth(metric.OtherSlot) is > 0 and double other ? Growth(metric.Slot) / other * metric.Scale : null,
        };
    }

    /// <summary>Returns the value of a metric as an integer; exact if it is stored as an integer.</summary>
    public long? GetInteger(VmTelemetryMetric metric)
    {
        if (_values is null && _columns.Field(_row, metric.Slot).AsInt64() is long exact)
        {
            long scale = (long)metric.Scale;
            return exact < 0 || exact > long.MaxValue / scale ? null : exact * scale;
        }

        return Get(metric) is < TooLarge and double value ? (long)Math.Round(value) : null;
    }

    /// <summary>Returns the increase of a counter since the previous sample, in its metric's unit; null if it is unknown or the counter decreased.</summary>
    public double? GetGrowth(VmTelemetryMetric counter) => _values is null ? Growth(counter.Slot) * counter.Scale : null;

    /// <summary>Creates a bucket whose last sample is this one.</summary>
    public SampleData ToBucket(long time, long interval, double[] values, TelemetryQuality quality) =>
        new(_columns, Identity, _row, time, interval, values, quality);

    private double? Seconds() =>
        IntervalNanoseconds is long nanoseconds ? nanoseconds / (double)UnixTime.NanosecondsPerSecond : null;

    // Negative numbers are invalid: libvirt's -1 means "not reported", and the original stored sums that include it.
    // So are numbers that are too large: libvirt's numbers are unsigned, and 2^64-1 KiB can't be an amount of memory.
    private double? Level(int slot, double scale) =>
        _columns.Field(_row, slot).AsDouble() is >= 0 and double value && value * scale < TooLarge ? value : null;

    private double? CpuShare(VmTelemetryMetric metric) =>
        Level(metric.OtherSlot, 1) is > 0 and double cpus ? Growth(metric.Slot) / (IntervalNanoseconds * cpus) * 100 : null;

    // If the guest doesn't report its memory, the value is zero or absent, depending on the writer.
    private double? UsedShare(VmTelemetryMetric metric) =>
        Level(metric.Slot, VmMetrics.KiB) is > 0 and double whole && Level(metric.OtherSlot, VmMetrics.KiB) is > 0 and double free && free <= whole
            ? (whole - free) / whole * 100
            : null;

    // The increase of a counter since the previous sample; null if it is unknown or the counter decreased.
    private double? Growth(int slot)
    {
        if (_previous is null || IsRestarted(_previous))
        {
            return null;
        }

        FieldValue now = _columns.Field(_row, slot);
        FieldValue before = ColumnsOf(_previous).Field(_previous, slot);
        if (now.AsInt64() is long n && before.AsInt64() is long b)
        {
            return b >= 0 && n >= b ? n - b : null;
        }

        return before.AsDouble() is >= 0 and double from && now.AsDouble() is double to && to >= from ? to - from : null;
    }

    private bool HasReset()
    {
        if (_previous is null)
        {
            return false;
        }

        if (IsRestarted(_previous))
        {
            return true;
        }

        TelemetryColumns columns = ColumnsOf(_previous);
        foreach (int slot in _columns.Set.CounterSlots)
        {
            if (_columns.Field(_row, slot).AsDouble() is >= 0 and double now && columns.Field(_previous, slot).AsDouble() > now)
            {
                return true;
            }
        }

        return false;
    }

    // libvirt assigns a new id to a VM at each start.
    private bool IsRestarted(StoreRow previous) =>
        VmId is string now && previous[ColumnsOf(previous).VmId].ToText() is string before && now != before;

    private TelemetryColumns ColumnsOf(StoreRow row) =>
        ReferenceEquals(row.Layout, _row.Layout) ? _columns : TelemetryColumns.Of(_columns.Set, row.Layout);
}
