using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Embedded;

/// <summary>An embedded store in a folder of its own, removed afterwards.</summary>
public sealed class StoreFixture : IAsyncDisposable
{
    public const long Second = 1_000_000_000;

    /// <summary>2026-01-01.</summary>
    public const long T0 = 1_767_225_600 * Second;

    internal static readonly PointShape Totals = new("vm_totals", ["VMID", "name", "uuid"], ["cputime", "net_rxbytes"]);

    private readonly List<EmbeddedStore> _opened = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("vmstats-embedded-").FullName;

    public string FilePath => Path.Combine(Folder, "store.db");

    internal EmbeddedStore Store => _opened.FirstOrDefault() ?? Open();

    /// <summary>Opens a store; the first one is <see cref="Store"/>.</summary>
    internal EmbeddedStore Open(TimeSpan? retention = null, TimeProvider? time = null)
    {
        EmbeddedStore store = EmbeddedStore.Open(FilePath, retention, time);
        _opened.Add(store);
        return store;
    }

    internal static Point Vm(string id, string uuid, long seconds, long cputime, long? rx = null) =>
        new(Totals, T0 + seconds * Second, [id, "vm " + uuid, uuid], [FieldValue.From(cputime), FieldValue.From(rx)]);

    internal Task<WriteResult> Write(params Point[] points) => Store.WriteAsync(points, default).AsTask();

    internal async Task<List<StoreRow>> Query(StoreQuery query)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in Store.QueryAsync(query, default))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Rows as text: seconds after T0, then the named columns.</summary>
    internal async Task<string[]> Lines(StoreQuery query, params string[] columns)
    {
        List<StoreRow> rows = await Query(query);
        return rows.Select(row => Line(row, columns)).ToArray();
    }

    /// <summary>Closes all stores; the next use opens another.</summary>
    public async Task CloseAsync()
    {
        foreach (EmbeddedStore store in _opened)
        {
            await store.DisposeAsync();
        }

        _opened.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string Line(StoreRow row, string[] columns)
    {
        string time = row.Time is long nanoseconds ? ((nanoseconds - T0) / Second).ToString(System.Globalization.CultureInfo.InvariantCulture) : "-";
        return string.Join(' ', columns.Select(column => row[column].IsNull ? "null" : row[column].ToString()).Prepend(time));
    }
}
