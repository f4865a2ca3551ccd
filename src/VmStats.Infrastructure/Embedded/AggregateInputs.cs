using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Supplies the input values of a query's aggregates. Each field is read once per row, even if several aggregates use it.</summary>
internal sealed class AggregateInputs
{
    private readonly StoredMeasurement _measurement;
    private readonly int[] _fieldIndexes;
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
        _fieldIndexes = aggregates.Select(aggregate => _isOfRates ? 0 : FieldIndexOf(aggregate.Column)).ToArray();
        Tags = aggregates.Select(aggregate => TagIndexOf(aggregate.Column)).ToArray();
    }

    /// <summary>The fields to select after time and series.</summary>
    public IReadOnlyList<StoredColumn> Fields { get; }

    /// <summary>The values of <see cref="Fields"/> in the current row, followed by one null value for aggregates without a field.</summary>
    public FieldValue[] Values { get; }

    /// <summary>For each aggregate, the index of the tag that it is computed over, or -1.</summary>
    public IReadOnlyList<int> Tags { get; }

    /// <summary>Reads the current row; returns false if it has no rate and so nothing to aggregate.</summary>
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

    /// <summary>Returns the input value of an aggregate.</summary>
    public FieldValue ValueFor(int aggregate, StoredSeries series) =>
        Tags[aggregate] >= 0 ? series.Tags[Tags[aggregate]] : Values[_fieldIndexes[aggregate]];

    private int FieldIndexOf(string? name)
    {
        int index = name is null ? -1 : Fields.ToList().FindIndex(field => field.Name == name);
        return index < 0 ? Fields.Count : index;
    }

    private int TagIndexOf(string? name) => name is null ? -1 : _measurement.Tags.ToList().FindIndex(tag => tag.Name == name);
}
