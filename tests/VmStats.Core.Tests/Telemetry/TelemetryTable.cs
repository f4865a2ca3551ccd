using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>A real embedded store with telemetry written by hand, and a reader whose clock stands where a test puts it.</summary>
internal sealed class TelemetryTable : IAsyncDisposable
{
    public const string Web = "11111111-1111-1111-1111-111111111111";
    public const string Db = "22222222-2222-2222-2222-222222222222";

    private readonly StoreFixture _fixture = new();

    public TelemetryTable(TelemetryReaderOptions? options = null)
    {
        Reader = new TelemetryReader(_fixture.Store, (options ?? new()) with { Clock = Clock });
    }

    /// <summary>Stands at the start; seconds in this class count from there.</summary>
    public ManualTime Clock { get; } = new(UnixTime.FromNanoseconds(StoreFixture.T0));

    public TelemetryReader Reader { get; }

    /// <summary>The VM of a UUID and a name.</summary>
    public static MonitoredVm Vm(string? uuid, string name) => new() { Uuid = uuid is null ? null : Guid.Parse(uuid), Name = name };

    public static TimeRange Range(double? start, double? finish) => new(At(start), At(finish));

    /// <summary>Writes a point of vm_totals.</summary>
    /// <param name="seconds">Its time.</param>
    /// <param name="tags">Its tags, as <c>VMID=7,name=web,uuid=…</c>.</param>
    /// <param name="fields">Its fields.</param>
    public Task WriteAsync(double seconds, string tags, params (string Name, object Value)[] fields) =>
        WriteAsync("vm_totals", seconds, tags, fields);

    /// <summary>Writes a point of vm_devices.</summary>
    public Task WriteDeviceAsync(double seconds, string tags, params (string Name, object Value)[] fields) =>
        WriteAsync("vm_devices", seconds, tags, fields);

    public Task<List<VmTelemetry>> LatestAsync(params MonitoredVm[] vms) =>
        ListAsync(Reader.GetLatestAsync(new SeriesRequest(VmMetrics.Set, vms.Length == 0 ? null : vms), reportMissing: true, default));

    public Task<List<VmTelemetry>> RangeAsync(double? start = null, double? finish = null, MonitoredVm[]? vms = null, params string[] metrics) =>
        ListAsync(Reader.GetRangeAsync(
            new SeriesRequest(VmMetrics.Set, vms, metrics.Length == 0 ? null : metrics.Select(VmMetrics.Set.Require).ToArray()), Range(start, finish), default));

    public static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> source)
    {
        List<T> list = [];
        await foreach (T one in source)
        {
            list.Add(one);
        }

        return list;
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static long? At(double? seconds) => seconds is double s ? StoreFixture.T0 + (long)(s * StoreFixture.Second) : null;

    private async Task WriteAsync(string measurement, double seconds, string tags, (string Name, object Value)[] fields)
    {
        string[][] pairs = tags.Split(',').Select(tag => tag.Split('=')).ToArray();
        PointShape shape = new(measurement, pairs.Select(pair => pair[0]).ToArray(), fields.Select(field => field.Name).ToArray());
        FieldValue[] values = fields.Select(field => field.Value switch
        {
            int number => FieldValue.From((long)number),
            long number => FieldValue.From(number),
            ulong number => FieldValue.From(number),
            double number => FieldValue.From(number),
            _ => FieldValue.From((string)field.Value),
        }).ToArray();
        Assert.Equal(1, (await _fixture.Write(new Point(shape, At(seconds)!.Value, pairs.Select(pair => (string?)pair[1]).ToArray(), values))).Written);
    }
}
