using VmStats.Points;

namespace VmStats;

/// <summary>
/// What a telemetry object computes its properties from, when they are asked for: its row and the one before, or, for
/// a bucket of a roll-up, the bucket's values and its last row.
/// </summary>
internal readonly struct SampleData
{
    /// <summary>2^63: more than a property, or a number of bytes, can be.</summary>
    public const double TooLarge = 9_223_372_036_854_775_808;

    private readonly TelemetryColumns _columns;
    private readonly StoreRow _row;
    private readonly StoreRow? _previous;
    private readonly double[]? _values;
    private readonly TelemetryQuality _quality;

    /// <summary>A sample.</summary>
    /// <param name="columns">The columns of the row.</param>
    /// <param name="identity">The VM.</param>
    /// <param name="row">The row.</param>
    /// <param name="previous">The row before it of the same series, or null.</param>
    /// <param name="quality">What the reader knows of it: Ok, Gap, Stale or Ahead. A reset is found here.</param>
    public SampleData(TelemetryColumns columns, VmIdentity identity, StoreRow row, StoreRow? previous, TelemetryQuality quality)
    {
        _columns = columns;
        Identity = identity;
        _row = row;
        _previous = previous;
        _quality = quality;
        Time = row.Time ?? 0;
    }

    /// <summary>A bucket.</summary>
    /// <param name="columns">The columns of the row.</param>
    /// <param name="identity">The VM.</param>
    /// <param name="row">The bucket's last row, or the last one before it: what isn't a metric is read from it.</param>
    /// <param name="time">The bucket's start, UTC nanoseconds.</param>
    /// <param name="interval">The bucket's width, nanoseconds.</param>
    /// <param name="values">A value per metric of the set; NaN where there is none.</param>
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

    /// <summary>The bucket's width; 0 for a sample.</summary>
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

    /// <summary>The value of a metric of the set; null when absent.</summary>
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

    /// <summary>The value of a metric as a whole number; exact for what the store keeps as an integer.</summary>
    public long? GetInteger(VmTelemetryMetric metric)
    {
        if (_values is null && _columns.Field(_row, metric.Slot).AsInt64() is long exact)
        {
            long scale = (long)metric.Scale;
            return exact < 0 || exact > long.MaxValue / scale ? null : exact * scale;
        }

        return Get(metric) is < TooLarge and double value ? (long)Math.Round(value) : null;
    }

    /// <summary>By how much a counter grew since the previous sample, in its metric's unit; null when it isn't known or went back.</summary>
    public double? GetGrowth(VmTelemetryMetric counter) => _values is null ? Growth(counter.Slot) * counter.Scale : null;

    /// <summary>A bucket whose last sample is this one.</summary>
    public SampleData ToBucket(long time, long interval, double[] values, TelemetryQuality quality) =>
        new(_columns, Identity, _row, time, interval, values, quality);

    private double? Seconds() =>
        IntervalNanoseconds is long nanoseconds ? nanoseconds / (double)UnixTime.NanosecondsPerSecond : null;

    // No stored number can be less than zero: libvirt's -1 means "not reported", and the original stored sums of it.
    // Nor can one be larger than a number of bytes can be: libvirt has unsigned numbers, and 2^64-1 KiB is none of memory.
    private double? Level(int slot, double scale) =>
        _columns.Field(_row, slot).AsDouble() is >= 0 and double value && value * scale < TooLarge ? value : null;

    private double? CpuShare(VmTelemetryMetric metric) =>
        Level(metric.OtherSlot, 1) is > 0 and double cpus ? Growth(metric.Slot) / (IntervalNanoseconds * cpus) * 100 : null;

    // A guest that doesn't report leaves zero or nothing behind, depending on the writer.
    private double? UsedShare(VmTelemetryMetric metric) =>
        Level(metric.Slot, VmMetrics.KiB) is > 0 and double whole && Level(metric.OtherSlot, VmMetrics.KiB) is > 0 and double free && free <= whole
            ? (whole - free) / whole * 100
            : null;

    /// <summary>By how much a counter grew since the previous sample; null when it isn't known or went back.</summary>
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

    // libvirt gives a VM a new id at each start.
    private bool IsRestarted(StoreRow previous) =>
        VmId is string now && previous[ColumnsOf(previous).VmId].ToText() is string before && now != before;

    private TelemetryColumns ColumnsOf(StoreRow row) =>
        ReferenceEquals(row.Layout, _row.Layout) ? _columns : TelemetryColumns.Of(_columns.Set, row.Layout);
}
