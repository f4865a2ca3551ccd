using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Where the aggregates of a query get their values from: each field is read once a row, however many aggregates want it.</summary>
internal sealed class AggregateInputs
{
    private readonly StoredMeasurement _measurement;
    private readonly int[] _places;
    private readonly bool _isOfRates;

    public AggregateInputs(StoredMeasurement measurement, Aggregation aggregation)
    {
        IReadOnlyList<Aggregate> aggregates = aggregation.Aggregates;
        _measurement = measurement;
        _isOfRates = aggregation.Rates is not null;
        Fields = aggregates
            .Select(aggregate => aggregation.Rates?.Counter ?? aggregate.Column)
            .Select(name => name is null ? null : measurement.Find(name))
            .OfType<StoredColumn>()
            .Where(column => !column.IsTag)
            .Distinct()
            .ToArray();
        Values = new FieldValue[Fields.Count + 1];
        _places = aggregates.Select(aggregate => _isOfRates ? 0 : PlaceOf(aggregate.Column)).ToArray();
        Tags = aggregates.Select(aggregate => TagOf(aggregate.Column)).ToArray();
    }

    /// <summary>The fields to select after time and series.</summary>
    public IReadOnlyList<StoredColumn> Fields { get; }

    /// <summary>The current row's values of <see cref="Fields"/>, and an absent one at the end.</summary>
    public FieldValue[] Values { get; }

    /// <summary>Per aggregate the place of the tag it is computed over, or -1.</summary>
    public IReadOnlyList<int> Tags { get; }

    /// <summary>Reads the current row; false when it has nothing to aggregate: no rate.</summary>
    public bool Read(SqliteStatement statement, AggregateGroup group, long time)
    {
        for (int i = 0; i < Fields.Count; i++)
        {
            Values[i] = statement.Value(i + 2, Fields[i].Kind);
        }

        if (_isOfRates)
        {
            Values[0] = group.Rate(time, Values[0]);
        }

        return !_isOfRates || !Values[0].IsNull;
    }

    /// <summary>The value that an aggregate is fed with.</summary>
    public FieldValue ValueFor(int aggregate, StoredSeries series) =>
        Tags[aggregate] >= 0 ? series.Tags[Tags[aggregate]] : Values[_places[aggregate]];

    private int PlaceOf(string? name)
    {
        int place = name is null ? -1 : Fields.ToList().FindIndex(field => field.Name == name);
        return place < 0 ? Fields.Count : place;
    }

    private int TagOf(string? name) => name is null ? -1 : _measurement.Tags.ToList().FindIndex(tag => tag.Name == name);
}
