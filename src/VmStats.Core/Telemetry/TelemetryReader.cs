using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry;

/// <summary>Reads telemetry from any store: latest samples, ranges, buckets, rankings and statistics.</summary>
internal sealed partial class TelemetryReader
{
    private static readonly TimeSpan s_minimumStaleAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_maximumStaleAge = TimeSpan.FromMinutes(15);
    private static readonly RowLayout s_missingLayout = new([TagVocabulary.NameColumns[0], TagVocabulary.HostColumn]);
    private const int StaleFactor = 5;

    private readonly ITelemetryStore _store;
    private readonly TelemetryReaderOptions _options;
    private readonly SeriesReader _series;

    /// <summary>Creates a reader of a store.</summary>
    public TelemetryReader(ITelemetryStore store, TelemetryReaderOptions? options = null)
    {
        _store = store;
        _options = options ?? new TelemetryReaderOptions();
        _series = new SeriesReader(store, _options);
    }

    /// <summary>Returns all VMs that the store has telemetry of, sorted by name.</summary>
    public async ValueTask<IReadOnlyList<MonitoredVm>> ListVmsAsync(CancellationToken cancellationToken)
    {
        string[] columns = [.. TagVocabulary.DescriptiveColumns, VmMetrics.Cpus.Field, VmMetrics.MemoryActualBytes.Field];
        IReadOnlyList<SeriesPair> pairs = await _series
            .ReadLatestAsync(new SeriesRequest(VmMetrics.Set), depth: 1, columns, cancellationToken).ConfigureAwait(false);
        return InOrder(pairs).Select(pair => ToVm(pair)).ToArray();
    }

    /// <summary>Finds the VMs that match UUIDs, names and wildcards.</summary>
    public async ValueTask<VmResolution> ResolveAsync(IReadOnlyList<string> patterns, CancellationToken cancellationToken) =>
        VmResolver.Resolve(
            await ListVmsAsync(cancellationToken).ConfigureAwait(false), patterns, _store.Info.Place);

    /// <summary>
    /// Returns the latest telemetry of VMs, sorted by name, with rates since the previous sample. A VM without recent
    /// samples is Stale; a VM whose samples are all ahead of the clock is Ahead.
    /// </summary>
    /// <param name="request">The VMs and their metrics.</param>
    /// <param name="reportMissing">True to return an object of quality Missing for each VM of the request that has no telemetry.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async IAsyncEnumerable<VmTelemetry> GetLatestAsync(
        SeriesRequest request, bool reportMissing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<SeriesPair> pairs =
            await _series.ReadLatestAsync(request, depth: 2, columns: null, cancellationToken).ConfigureAwait(false);
        long? usual = UsualSpacing(pairs);
        foreach (SeriesPair pair in InOrder(pairs))
        {
            yield return new VmTelemetry(pair.ToSample(QualityOf(pair, usual)));
        }

        if (reportMissing && request.Vms is { } vms)
        {
            HashSet<VmIdentity> found = pairs.Select(pair => pair.Key.Vm).ToHashSet();
            foreach (MonitoredVm vm in vms.Where(vm => !found.Contains(new(null, vm.Name)) && found.Add(VmIdentity.Of(vm.Uuid, vm.Name))))
            {
                yield return Missing(vm);
            }
        }
    }

    /// <summary>Returns the telemetry of VMs in a range, sorted by time.</summary>
    public IAsyncEnumerable<VmTelemetry> GetRangeAsync(SeriesRequest request, TimeRange range, CancellationToken cancellationToken) =>
        _series.ReadRangeAsync(request, range, new EachSample<VmTelemetry>(static (_, sample) => new VmTelemetry(sample)), cancellationToken);

    /// <summary>Returns the latest telemetry of the devices of VMs, sorted by VM and device.</summary>
    public async IAsyncEnumerable<VmDeviceTelemetry> GetLatestDevicesAsync(
        SeriesRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<SeriesPair> pairs =
            await _series.ReadLatestAsync(request, depth: 2, columns: null, cancellationToken).ConfigureAwait(false);
        long? usual = UsualSpacing(pairs);
        foreach (SeriesPair pair in InOrder(pairs))
        {
            yield return new VmDeviceTelemetry(pair.ToSample(QualityOf(pair, usual)));
        }
    }

    /// <summary>Returns the telemetry of the devices of VMs in a range, sorted by time.</summary>
    public IAsyncEnumerable<VmDeviceTelemetry> GetDeviceRangeAsync(SeriesRequest request, TimeRange range, CancellationToken cancellationToken) =>
        _series.ReadRangeAsync(request, range, new EachSample<VmDeviceTelemetry>(static (_, sample) => new VmDeviceTelemetry(sample)), cancellationToken);

    private static IEnumerable<SeriesPair> InOrder(IEnumerable<SeriesPair> pairs) =>
        pairs.InSeriesOrder(pair => pair.Columns.Name(pair.Row), pair => pair.Key);

    // The collector samples all VMs at the same interval, so the median over all series is the expected spacing of each.
    private static long? UsualSpacing(IReadOnlyList<SeriesPair> pairs)
    {
        long[] spacings = pairs.Select(pair => pair.Spacing ?? 0).Where(spacing => spacing > 0).Order().ToArray();
        return spacings.Length == 0 ? null : spacings[(spacings.Length - 1) / 2];
    }

    private static MonitoredVm ToVm(SeriesPair pair)
    {
        SampleData sample = pair.ToSample(TelemetryQuality.Ok);
        return new MonitoredVm
        {
            Name = sample.Name ?? "",
            Uuid = pair.Key.Vm.Uuid,
            VmId = sample.VmId,
            HostName = sample.HostName,
            State = sample.State,
            LastSeenUtc = UnixTime.FromNanoseconds(sample.Time).UtcDateTime,
            Cpus = sample.Cpus,
            MemoryBytes = sample.GetInteger(VmMetrics.MemoryActualBytes),
            IsSimulated = sample.IsSimulated,
        };
    }

    private VmTelemetry Missing(MonitoredVm vm)
    {
        long now = UnixTime.ToNanoseconds(_options.Clock.GetUtcNow());
        StoreRow row = new(s_missingLayout, now, [FieldValue.From(vm.Name), FieldValue.From(vm.HostName)]);
        TelemetryColumns columns = TelemetryColumns.Of(VmMetrics.Set, s_missingLayout);
        return new VmTelemetry(new SampleData(columns, VmIdentity.Of(vm.Uuid, vm.Name), row, null, TelemetryQuality.Missing));
    }

    private TelemetryQuality QualityOf(SeriesPair pair, long? usual)
    {
        if (pair.Row.Time > ClockSkew.LastTime(_options.Clock))
        {
            return TelemetryQuality.Ahead;
        }

        TimeSpan age = _options.Clock.GetUtcNow() - UnixTime.FromNanoseconds(pair.Row.Time ?? 0);
        if (age > (_options.StaleAfter ?? StaleLimit(usual)))
        {
            return TelemetryQuality.Stale;
        }

        return pair.Spacing > usual * _options.GapFactor ? TelemetryQuality.Gap : TelemetryQuality.Ok;
    }

    private static TimeSpan StaleLimit(long? usual)
    {
        TimeSpan limit = TimeSpan.FromTicks((usual ?? 0) / UnixTime.NanosecondsPerTick * StaleFactor);
        return limit < s_minimumStaleAge ? s_minimumStaleAge : limit > s_maximumStaleAge ? s_maximumStaleAge : limit;
    }
}
