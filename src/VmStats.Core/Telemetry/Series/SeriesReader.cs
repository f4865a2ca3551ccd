using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Telemetry.Series;

/// <summary>The series and metrics of a measurement to read.</summary>
/// <param name="Set">The measurement's metrics.</param>
/// <param name="Vms">The VMs; null for all.</param>
/// <param name="Metrics">The metrics; null for all.</param>
/// <param name="Devices">The devices, if the measurement has devices.</param>
internal sealed record SeriesRequest(
    MetricSet Set,
    IReadOnlyList<MonitoredVm>? Vms = null,
    IReadOnlyList<VmTelemetryMetric>? Metrics = null,
    DeviceFilter? Devices = null)
{
    /// <summary>The only series of these VMs to read; null for all.</summary>
    public IReadOnlySet<SeriesKey>? Only { get; private init; }

    /// <summary>Returns the request restricted to these series.</summary>
    public SeriesRequest Narrow(IReadOnlyCollection<(SeriesKey Key, string? Name)> series) => this with
    {
        Vms = series.Select(item => new MonitoredVm { Uuid = item.Key.Vm.Uuid, Name = item.Name ?? item.Key.Vm.Name ?? "" }).ToArray(),
        Only = series.Select(item => item.Key).ToHashSet(),
    };
}

/// <summary>Aggregates of a series that the store computed.</summary>
/// <param name="Key">The series.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="Row">The aggregates.</param>
internal sealed record SeriesAggregates(SeriesKey Key, string? Name, StoreRow Row);

/// <summary>Reads the rows of a measurement as samples: each row together with the previous one of the same series.</summary>
internal sealed class SeriesReader(ITelemetryStore store, TelemetryReaderOptions options)
{
    private const long MinimumLeadIn = 150 * UnixTime.NanosecondsPerSecond;
    private const long MaximumLeadIn = 300 * UnixTime.NanosecondsPerSecond;
    private const int LeadInDivisor = 10;

    /// <summary>Returns the newest sample of every series with the previous one, in no particular order.</summary>
    public async ValueTask<IReadOnlyList<SeriesPair>> ReadLatestAsync(
        SeriesRequest request, int depth, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        StoreQuery latest = new(request.Set.Measurement) { Latest = new LatestPerGroup([], depth), Columns = columns };
        Dictionary<SeriesKey, SeriesPair> pairs = await ReadPairsAsync(request, latest, cancellationToken).ConfigureAwait(false);
        long last = ClockSkew.LastTime(options.Clock);
        if (pairs.Values.Any(pair => pair.Row.Time > last))
        {
            // A sample from a clock that was ahead must not hide later, correct ones: if there are any, they are the latest.
            foreach ((SeriesKey key, SeriesPair pair) in await ReadPairsAsync(request, latest with { Finish = last + 1 }, cancellationToken).ConfigureAwait(false))
            {
                pairs[key] = pair;
            }
        }

        return pairs.Values.ToArray();
    }

    /// <summary>Returns the samples of a range, sorted by time.</summary>
    public IAsyncEnumerable<(SeriesState Series, SampleData Sample)> ReadRangeAsync(SeriesRequest request, TimeRange range, CancellationToken cancellationToken) =>
        ReadRangeAsync(request, range, new EachSample<(SeriesState, SampleData)>(static (series, sample) => (series, sample)), cancellationToken);

    /// <summary>Returns the results of a fold over the samples of a range.</summary>
    public async IAsyncEnumerable<T> ReadRangeAsync<T>(
        SeriesRequest request, TimeRange range, ISampleAggregator<T> fold, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = ClockSkew.LastTime(options.Clock);
        Dictionary<SeriesKey, SeriesState> series = [];
        StoreQuery query = new(request.Set.Measurement) { Start = LeadInStart(range), Finish = range.Finish };
        (SeriesFilter? filter, OpenedRows opened) = await OpenAsync(request, query, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                StoreRow row = opened.Rows.Current;
                TelemetryColumns columns = TelemetryColumns.Of(request.Set, row.Layout);
                SeriesKey key = KeyOf(columns, row);
                if (!filter!.Matches(key))
                {
                    continue;
                }

                if (!series.TryGetValue(key, out SeriesState? state))
                {
                    series.Add(key, state = new SeriesState(key));
                }

                SampleData sample = state.Next(columns, row, options.GapFactor, last);
                if (range.Start is null || row.Time >= range.Start)
                {
                    fold.Add(state, sample);
                    while (fold.TryTake(out T? result))
                    {
                        yield return result;
                    }
                }
            }
        }

        fold.End();
        while (fold.TryTake(out T? result))
        {
            yield return result;
        }
    }

    /// <summary>
    /// Returns aggregates of the series over a range, computed by the store: a row for each VM or device and each
    /// combination of the other grouping columns.
    /// </summary>
    /// <param name="request">The series.</param>
    /// <param name="range">The range.</param>
    /// <param name="figures">The aggregates to compute; rates get the same lead-in that <see cref="ReadRangeAsync"/> reads.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async IAsyncEnumerable<SeriesAggregates> ReadAggregatesAsync(
        SeriesRequest request, TimeRange range, Aggregation figures, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = new(request.Set.Measurement)
        {
            Start = range.Start,
            Finish = range.Finish,
            Aggregation = figures.Rates is { } rates ? figures with { Rates = rates with { LeadIn = range.Start - LeadInStart(range) ?? 0 } } : figures,
        };
        (SeriesFilter? filter, OpenedRows opened) = await OpenAsync(request, query, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                StoreRow row = opened.Rows.Current;
                TelemetryColumns columns = TelemetryColumns.Of(request.Set, row.Layout);
                SeriesKey key = KeyOf(columns, row);
                if (filter!.Matches(key))
                {
                    yield return new SeriesAggregates(key, columns.Name(row), row);
                }
            }
        }
    }

    private async ValueTask<Dictionary<SeriesKey, SeriesPair>> ReadPairsAsync(
        SeriesRequest request, StoreQuery query, CancellationToken cancellationToken)
    {
        Dictionary<SeriesKey, SeriesPair> pairs = [];
        (SeriesFilter? filter, OpenedRows opened) = await OpenAsync(request, query, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                StoreRow row = opened.Rows.Current;
                TelemetryColumns columns = TelemetryColumns.Of(request.Set, row.Layout);
                SeriesKey key = KeyOf(columns, row);
                if (filter!.Matches(key))
                {
                    // A VM that was renamed, or was recorded by two writers, has several groups.
                    pairs[key] = pairs.TryGetValue(key, out SeriesPair? pair) ? pair.With(row) : new SeriesPair(key, columns, row, null);
                }
            }
        }

        return pairs;
    }

    // The query starts a little before the range, so that the first samples have a previous one: a tenth of the range, at
    // least two and a half minutes (a poll per minute, with one missing), at most five minutes.
    private long? LeadInStart(TimeRange range)
    {
        if (range.Start is not long start)
        {
            return null;
        }

        long finish = range.Finish ?? UnixTime.ToNanoseconds(options.Clock.GetUtcNow());
        return start - Math.Clamp((finish - start) / LeadInDivisor, MinimumLeadIn, MaximumLeadIn);
    }

    // The tags that identify a series.
    private static string[] GroupOf(SeriesRequest request, TagVocabulary vocabulary) => ReferenceEquals(request.Set, VmMetrics.Set)
        ? [.. vocabulary.IdentityColumns]
        : [.. vocabulary.IdentityColumns, TagVocabulary.DeviceTypeColumn, TagVocabulary.DeviceColumn];

    private static SeriesKey KeyOf(TelemetryColumns columns, StoreRow row)
    {
        VmIdentity vm = VmIdentity.Of(columns, row);
        return ReferenceEquals(columns.Set, VmMetrics.Set)
            ? new SeriesKey(vm, null, null)
            : new SeriesKey(vm, row[columns.DeviceType].ToText(), row[columns.Device].ToText());
    }

    // The query contains column names from a cached schema. If it finds nothing, they may be outdated: try once more if the schema has changed.
    private async ValueTask<(SeriesFilter? Filter, OpenedRows Rows)> OpenAsync(
        SeriesRequest request, StoreQuery query, CancellationToken cancellationToken)
    {
        MeasurementSchema? before = null;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            MeasurementSchema? schema = await store.GetSchemaAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
            if (schema is null || before?.HasSameColumns(schema) == true || !TryPrepare(request, schema, query, out StoreQuery? prepared, out SeriesFilter? filter))
            {
                break;
            }

            before = schema;
            OpenedRows rows = await OpenedRows.OpenAsync(store.QueryAsync(prepared, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (rows.Any)
            {
                return (filter, rows);
            }

            await rows.DisposeAsync().ConfigureAwait(false);
        }

        return (null, OpenedRows.None);
    }

    // Completes a query with the parts that depend on the measurement's columns; false if it can't contain rows of these VMs.
    private static bool TryPrepare(
        SeriesRequest request, MeasurementSchema schema, StoreQuery query, [NotNullWhen(true)] out StoreQuery? prepared, [NotNullWhen(true)] out SeriesFilter? filter)
    {
        TagVocabulary vocabulary = TagVocabulary.Of(schema);
        HashSet<VmIdentity>? vms = request.Vms?.Select(vocabulary.Identify).ToHashSet();
        List<ColumnFilter> conditions = [];
        (prepared, filter) = (null, null);
        if (vms is not null)
        {
            ColumnFilter ofVms = FilterOf(vocabulary, vms);
            if (vms.Count == 0 || ofVms.AnyOf.Count == 0)
            {
                return false;
            }

            conditions.Add(ofVms);
        }

        if (request.Devices?.DeviceType is string type)
        {
            conditions.Add(ColumnFilter.In(TagVocabulary.DeviceTypeColumn, type));
        }

        filter = new SeriesFilter(vms, request);
        prepared = query switch
        {
            { Latest: { } latest } => query with { Filters = conditions, Columns = query.Columns ?? ColumnsOf(request, schema), Latest = latest with { By = GroupOf(request, vocabulary) } },
            { Aggregation: { } figures } => query with { Filters = conditions, Aggregation = figures with { GroupBy = [.. GroupOf(request, vocabulary), .. figures.GroupBy] } },
            _ => query with { Filters = conditions, Columns = ColumnsOf(request, schema) },
        };
        return true;
    }

    // May also match rows of other VMs: with both UUIDs and bare names the condition is too wide, so each row's identity is checked again.
    private static ColumnFilter FilterOf(TagVocabulary vocabulary, IReadOnlyCollection<VmIdentity> vms)
    {
        List<FieldValue> uuids = vms.Where(vm => vm.Uuid is not null).Select(vm => FieldValue.From(vm.Uuid!.Value.ToString("D"))).ToList();
        List<FieldValue> names = vms.Where(vm => vm.Uuid is null).Select(vm => FieldValue.From(vm.Name)).ToList();
        return (uuids.Count, names.Count) switch
        {
            (_, 0) => new ColumnFilter(vocabulary.Uuids, uuids),
            (0, _) => new ColumnFilter(vocabulary.Names, names),
            _ => new ColumnFilter(vocabulary.IdentityColumns, [.. uuids, .. names]),
        };
    }

    // If the request names metrics, only the columns that they need are read.
    private static string[]? ColumnsOf(SeriesRequest request, MeasurementSchema schema)
    {
        if (request.Metrics is null)
        {
            return null;
        }

        HashSet<string> columns = [.. TagVocabulary.DescriptiveColumns];
        foreach (VmTelemetryMetric metric in request.Metrics)
        {
            columns.Add(request.Set.Fields[metric.Slot]);
            if (metric.OtherSlot >= 0)
            {
                columns.Add(request.Set.Fields[metric.OtherSlot]);
            }
        }

        columns.RemoveWhere(column => !schema.Tags.Contains(column) && !schema.Fields.ContainsKey(column));
        return [.. columns];
    }

    private sealed class SeriesFilter(HashSet<VmIdentity>? vms, SeriesRequest request)
    {
        public bool Matches(SeriesKey key) =>
            vms?.Contains(key.Vm) != false
            && request.Devices?.Matches(key.DeviceType, key.Device) != false
            && request.Only?.Contains(key) != false;
    }
}
