using System.Globalization;
using VmStats.Configuration;
using VmStats.Core.Tests.Embedded;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Processes;

/// <summary>
/// Writes points in a process of its own that a test kills. Each line that it prints
/// says that so many batches have been acknowledged. It ends when its input is closed.
/// </summary>
internal static class WriterProgram
{
    /// <summary>Points in a batch.</summary>
    public const int Batch = 50;

    /// <summary>Runs what the arguments say; null when they say something else.</summary>
    public static async Task<int?> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["store", string path, string vm]:
                await using (EmbeddedStore store = EmbeddedStore.Open(path, retention: null))
                {
                    await RunAsync(vm, points => store.WriteAsync(points, default).AsTask(), Task.Run(Console.In.ReadToEnd));
                }

                return 0;
            case ["influx", string url]:
                ConnectionOptions connection = new() { Url = new Uri(url), Database = "vms", Token = new Secret("apiv3_s3cret", "a test"), Api = InfluxApi.V3, AllowUnencrypted = true };
                using (InfluxQuery influx = new(connection, new VmStats.Infrastructure.Infrastructure()))
                {
                    await RunAsync("a", points => influx.WriteAsync(points, default).AsTask(), Task.Run(Console.In.ReadToEnd));
                }

                return 0;
            case ["spool", string root, string segmentSize]:
                StoreInfo info = new(StoreKind.InfluxDB3, "http://nowhere", "vms");
                SpoolOptions options = new() { Root = root, SegmentSize = long.Parse(segmentSize, CultureInfo.InvariantCulture) };
                using (PointSpool spool = new(info, options))
                {
                    await RunAsync("a", points => Task.FromResult(spool.Append(points)), Task.Run(Console.In.ReadToEnd));
                }

                return 0;
            default:
                return null;
        }
    }

    /// <summary>The points of a batch: one a second, their values counting up.</summary>
    public static Point[] PointsOf(string vm, int batch) => Enumerable.Range(batch * Batch, Batch)
        .Select(i => StoreFixture.Vm("1", vm, i, i)).ToArray();

    private static async Task RunAsync(string vm, Func<Point[], Task> write, Task ended)
    {
        for (int batch = 0; !ended.IsCompleted; batch++)
        {
            await write(PointsOf(vm, batch));
            Console.WriteLine(batch + 1);
        }
    }
}
