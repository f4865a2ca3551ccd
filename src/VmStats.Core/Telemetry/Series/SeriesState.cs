using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>What is remembered of a series while its rows pass: its last rows and its usual spacing.</summary>
internal sealed class SeriesState(SeriesKey key)
{
    private StoreRow? _last;
    private StoreRow? _beforeLast;
    private SpacingEstimator _spacing;

    /// <summary>The series.</summary>
    public SeriesKey Key { get; } = key;

    /// <summary>The next row, with the one before it. Rows come in order of time; of two at one time both have the same row before.</summary>
    /// <param name="columns">The row's columns.</param>
    /// <param name="row">The row.</param>
    /// <param name="gapFactor">So many times the usual spacing are a gap.</param>
    /// <param name="lastTime">What is later is ahead of the clock.</param>
    public SampleData Next(TelemetryColumns columns, StoreRow row, double gapFactor, long lastTime)
    {
        if (_last is null || _last.Time < row.Time)
        {
            _beforeLast = _last;
        }

        _last = row;
        TelemetryQuality quality = TelemetryQuality.Ok;
        if (_beforeLast?.Time is long before && row.Time is long time)
        {
            long spacing = time - before;
            quality = spacing > _spacing.Usual * gapFactor ? TelemetryQuality.Gap : TelemetryQuality.Ok;
            _spacing.Add(spacing);
        }

        return new SampleData(columns, Key.Vm, row, _beforeLast, row.Time > lastTime ? TelemetryQuality.Ahead : quality);
    }
}
