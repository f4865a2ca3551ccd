using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>The state of a series while its rows are read: its last rows and its usual spacing.</summary>
internal sealed class SeriesState(SeriesKey key)
{
    private StoreRow? _last;
    private StoreRow? _beforeLast;
    private SpacingEstimator _spacing;

    /// <summary>The series.</summary>
    public SeriesKey Key { get; } = key;

    /// <summary>
    /// Returns the next row as a sample with its previous row. Rows are passed in order of time; two rows of the same
    /// time have the same previous row.
    /// </summary>
    /// <param name="columns">The row's columns.</param>
    /// <param name="row">The row.</param>
    /// <param name="gapFactor">A spacing of more than this multiple of the usual one is a gap.</param>
    /// <param name="lastTime">Samples later than this are ahead of the clock.</param>
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
