using System.Runtime.CompilerServices;
using VmStats.Data;
using VmStats.Points;
using VmStats.Queries;
using VmStats.Stores;

namespace VmStats.Telemetry;

/// <summary>What rows are wanted of a measurement.</summary>
/// <param name="Set">The measurement's metrics.</param>
/// <param name="Vms">The VMs; null for all.</param>
/// <param name="Metrics">The metrics wanted; null for all.</param>
/// <param name="Devices">The devices, where the measurement has devices.</param>
internal sealed record SeriesRequest(
    MetricSet Set,
    IReadOnlyList<MonitoredVm>? Vms = null,
    IReadOnlyList<VmTelemetryMetric>? Metrics = null,
    DeviceFilter? Devices = null)
{
    /// <summary>The series wanted of these VMs; null for all.</summary>
    public IReadOnlySet<SeriesKey>? Only { get; private init; }

    /// <summary>The request for these series alone.</summary>
    public SeriesRequest Narrow(IReadOnlyCollection<(SeriesKey Key, string? Name)> series) => this with
    {
        Vms = series.Select(one => new MonitoredVm { Uuid = one.Key.Vm.Uuid, Name = one.Name ?? one.Key.Vm.Name ?? "" }).ToArray(),
        Only = series.Select(one => one.Key).ToHashSet(),
    };
}

/// <summary>Figures of a series that the store computed.</summary>
/// <param name="Key">The series.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="Row">The figures.</param>
internal sealed record SeriesFigures(SeriesKey Key, string? Name, StoreRow Row);

/// <summary>Reads the rows of a measurement as samples of series: each row with the one before it of its own series.</summary>
internal sealed class SeriesReader(ITelemetryStore store, TelemetryReaderOptions options)
{
    private const long PrimingLeast = 150 * UnixTime.NanosecondsPerSecond;
    private const long PrimingMost = 300 * UnixTime.NanosecondsPerSecond;
    private const int PrimingPart = 10;

    /// <summary>The newest sample of every series, unordered, with the one before it.</summary>
    public async ValueTask<IReadOnlyList<SeriesPair>> ReadLatestAsync(
        SeriesRequest request, int depth, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        StoreQuery Latest(SeriesQuery prepared) => prepared.Query with
        {
            Latest = new LatestPerGroup(GroupOf(request, prepared), depth),
            Columns = columns ?? prepared.Query.Columns,
        };
        Dictionary<SeriesKey, SeriesPair> pairs = await ReadPairsAsync(request, Latest, cancellationToken).ConfigureAwait(false);
        long last = ClockSkew.LastTime(options.Clock);
        if (pairs.Values.Any(pair => pair.Row.Time > last))
        {
            // A clock that is ahead, be it for one sample, must not hide those that come after: they are the latest where there are any.
            StoreQuery NotAhead(SeriesQuery prepared) => Latest(prepared) with { Finish = last + 1 };
            foreach ((SeriesKey key, SeriesPair pair) in await ReadPairsAsync(request, NotAhead, cancellationToken).ConfigureAwait(false))
            {
                pairs[key] = pair;
            }
        }

        return pairs.Values.ToArray();
    }

    /// <summary>The samples of a range, in order of time.</summary>
    public async IAsyncEnumerable<(SeriesState Series, SampleData Sample)> ReadRangeAsync(
        SeriesRequest request, TimeRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = ClockSkew.LastTime(options.Clock);
        Dictionary<SeriesKey, SeriesState> series = [];
        StoreQuery Range(SeriesQuery prepared) => prepared.Query with { Start = PrimingStart(range), Finish = range.Finish };
        await foreach ((SeriesQuery prepared, StoreRow row) in AskAsync(request, Range, cancellationToken).ConfigureAwait(false))
        {
            TelemetryColumns place = TelemetryColumns.Of(request.Set, row.Layout);
            SeriesKey key = KeyOf(place, row);
            if (!prepared.IsWanted(key))
            {
                continue;
            }

            if (!series.TryGetValue(key, out SeriesState? state))
            {
                series.Add(key, state = new SeriesState(key));
            }

            SampleData sample = state.Next(place, row, options.GapFactor, last);
            if (range.Start is null || row.Time >= range.Start)
            {
                yield return (state, sample);
            }
        }
    }

    /// <summary>Figures of the series over a range, computed by the store: a row for each VM or device, and for what else is grouped by.</summary>
    /// <param name="request">Of which series.</param>
    /// <param name="range">The range.</param>
    /// <param name="figures">The aggregates; rates get a lead-in as long as <see cref="ReadRangeAsync"/> reads more.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async IAsyncEnumerable<SeriesFigures> ReadFiguresAsync(
        SeriesRequest request, TimeRange range, Aggregation figures, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery Figures(SeriesQuery prepared) => prepared.Query with
        {
            Start = range.Start,
            Finish = range.Finish,
            Columns = null,
            Aggregation = figures with
            {
                GroupBy = [.. GroupOf(request, prepared), .. figures.GroupBy],
                Rates = figures.Rates is { } rates ? rates with { LeadIn = range.Start - PrimingStart(range) ?? 0 } : null,
            },
        };
        await foreach ((SeriesQuery prepared, StoreRow row) in AskAsync(request, Figures, cancellationToken).ConfigureAwait(false))
        {
            TelemetryColumns place = TelemetryColumns.Of(request.Set, row.Layout);
            SeriesKey key = KeyOf(place, row);
            if (prepared.IsWanted(key))
            {
                yield return new SeriesFigures(key, place.Name(row), row);
            }
        }
    }

    private async ValueTask<Dictionary<SeriesKey, SeriesPair>> ReadPairsAsync(
        SeriesRequest request, Func<SeriesQuery, StoreQuery> complete, CancellationToken cancellationToken)
    {
        Dictionary<SeriesKey, SeriesPair> pairs = [];
        await foreach ((SeriesQuery prepared, StoreRow row) in AskAsync(request, complete, cancellationToken).ConfigureAwait(false))
        {
            TelemetryColumns place = TelemetryColumns.Of(request.Set, row.Layout);
            SeriesKey key = KeyOf(place, row);
            if (prepared.IsWanted(key))
            {
                // A VM that was renamed, or that two writers recorded, has several groups.
                pairs[key] = pairs.TryGetValue(key, out SeriesPair? pair) ? pair.With(row) : new SeriesPair(key, place, row, null);
            }
        }

        return pairs;
    }

    // A little more is read than asked for, so that the first samples have one before them: a tenth of the range, two and a
    // half minutes at least (polls of a minute, one of them missing), five minutes at most.
    private long? PrimingStart(TimeRange range)
    {
        if (range.Start is not long start)
        {
            return null;
        }

        long finish = range.Finish ?? UnixTime.ToNanoseconds(options.Clock.GetUtcNow());
        return start - Math.Clamp((finish - start) / PrimingPart, PrimingLeast, PrimingMost);
    }

    // The tags that tell series apart.
    private static string[] GroupOf(SeriesRequest request, SeriesQuery prepared) => ReferenceEquals(request.Set, VmMetrics.Set)
        ? [.. prepared.Vocabulary.IdentityColumns]
        : [.. prepared.Vocabulary.IdentityColumns, TagVocabulary.DeviceTypeColumn, TagVocabulary.DeviceColumn];

    private static SeriesKey KeyOf(TelemetryColumns place, StoreRow row)
    {
        VmIdentity vm = VmIdentity.Of(place, row);
        return ReferenceEquals(place.Set, VmMetrics.Set)
            ? new SeriesKey(vm, null, null)
            : new SeriesKey(vm, row[place.DeviceType].ToText(), row[place.Device].ToText());
    }

    // The names of the columns are in the query. Where it finds nothing, the store may have learnt that they are others now.
    private async IAsyncEnumerable<(SeriesQuery Prepared, StoreRow Row)> AskAsync(
        SeriesRequest request, Func<SeriesQuery, StoreQuery> complete, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MeasurementSchema? before = null;
        bool any = false;
        for (int attempt = 0; attempt < 2 && !any; attempt++)
        {
            MeasurementSchema? schema = await store.GetSchemaAsync(request.Set.Measurement, cancellationToken).ConfigureAwait(false);
            if (schema is null || before?.HasSameColumns(schema) == true || Prepare(request, schema) is not SeriesQuery prepared)
            {
                yield break;
            }

            before = schema;
            await foreach (StoreRow row in store.QueryAsync(complete(prepared), cancellationToken).ConfigureAwait(false))
            {
                any = true;
                yield return (prepared, row);
            }
        }
    }

    private static SeriesQuery? Prepare(SeriesRequest request, MeasurementSchema schema)
    {
        TagVocabulary vocabulary = TagVocabulary.Of(schema);
        HashSet<VmIdentity>? vms = request.Vms?.Select(vocabulary.Identify).ToHashSet();
        List<ColumnFilter> filters = [];
        if (vms is not null)
        {
            ColumnFilter filter = FilterOf(vocabulary, vms);
            if (vms.Count == 0 || filter.AnyOf.Count == 0)
            {
                return null;
            }

            filters.Add(filter);
        }

        if (request.Devices?.DeviceType is string type)
        {
            filters.Add(ColumnFilter.In(TagVocabulary.DeviceTypeColumn, type));
        }

        StoreQuery query = new(request.Set.Measurement) { Filters = filters, Columns = ColumnsOf(request, schema) };
        return new SeriesQuery(query, vms, request, vocabulary);
    }

    // May leave rows of other VMs, too: where both UUIDs and bare names are asked for the condition is too wide, so that each row's identity is checked again.
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

    // Only what the metrics need is fetched, where the caller names metrics.
    private static string[]? ColumnsOf(SeriesRequest request, MeasurementSchema schema)
    {
        if (request.Metrics is null)
        {
            return null;
        }

        IEnumerable<string> fields = request.Metrics
            .SelectMany(metric => metric.OtherSlot < 0 ? [metric.Slot] : new[] { metric.Slot, metric.OtherSlot })
            .Distinct()
            .Select(slot => request.Set.Fields[slot]);
        return TagVocabulary.DescriptiveColumns.Concat(fields).Distinct()
            .Where(column => schema.Tags.Contains(column) || schema.Fields.ContainsKey(column))
            .ToArray();
    }

    private sealed record SeriesQuery(
        StoreQuery Query, HashSet<VmIdentity>? Vms, SeriesRequest Request, TagVocabulary Vocabulary)
    {
        public bool IsWanted(SeriesKey key) =>
            Vms?.Contains(key.Vm) != false
            && Request.Devices?.Matches(key.DeviceType, key.Device) != false
            && Request.Only?.Contains(key) != false;
    }
}
