using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>The newest row of a series and the previous one.</summary>
internal sealed record SeriesPair(SeriesKey Key, TelemetryColumns Columns, StoreRow Row, StoreRow? Previous)
{
    /// <summary>Nanoseconds between the two rows.</summary>
    public long? Spacing => Row.Time - Previous?.Time;

    /// <summary>Returns the pair with another row of the series added; rows may come in any order of time.</summary>
    public SeriesPair With(StoreRow row)
    {
        if (row.Time > Row.Time)
        {
            return this with { Columns = TelemetryColumns.Of(Columns.Set, row.Layout), Row = row, Previous = Row };
        }

        return row.Time < Row.Time && (Previous is null || row.Time > Previous.Time) ? this with { Previous = row } : this;
    }

    /// <summary>The newest row as a sample.</summary>
    public SampleData ToSample(TelemetryQuality quality) => new(Columns, Key.Vm, Row, Previous, quality);
}
