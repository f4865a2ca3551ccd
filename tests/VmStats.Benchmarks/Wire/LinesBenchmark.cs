using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;

namespace VmStats.Benchmarks.Wire;

/// <summary>Points of ten fields, encoded as line protocol and posted to a server that forgets them; beside a writer by StringBuilder.</summary>
internal static class LinesBenchmark
{
    private const int Batch = 10_000;

    private static readonly PointShape s_shape = new(
        "vm_totals", ["VMID", "name", "uuid"], ["cputime", "cpus", "memactual", "memrss", "net_rxbytes", "net_txbytes", "disk_rd_bytes", "disk_wr_bytes", "load", "host"]);

    public static async Task RunAsync(string[] arguments)
    {
        int count = arguments is ["--points", string text] ? int.Parse(text, CultureInfo.InvariantCulture) : 500_000;
        (Process server, Uri url) = await SinkServer.StartAsync();
        using Process process = server;
        try
        {
            Point[] points = [.. Enumerable.Range(0, count).Select(Make)];
            Console.WriteLine(FormattableString.Invariant($"10 fields, 3 tags; requests of {Batch:N0} points"));
            (await Measurement.BestAsync(3, () => PeerAsync(url, points))).Print("  StringBuilder, no compression");
            (await Measurement.BestAsync(3, () => Task.FromResult(Encode(points)))).Print("  encoded only");
            (await Measurement.BestAsync(3, () => WriteAsync(url, points, InfluxApi.V1))).Print("  InfluxQuery.WriteAsync to 1.x (no compression)");
            (await Measurement.BestAsync(3, () => WriteAsync(url, points, InfluxApi.V3))).Print("  InfluxQuery.WriteAsync to 3");
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }
    }

    private static Point Make(int i) => new(
        s_shape,
        1_767_225_600_000_000_000 + (i * 1_000_000L),
        ["17", $"vm{i % 1000:D4}", $"00000000-0000-4000-8000-{i % 1000:D12}"],
        [
            FieldValue.From(i * 1_000_003L), FieldValue.From(4L), FieldValue.From(4_294_967_296L), FieldValue.From(3_000_000_000L + i), FieldValue.From(i * 977L),
            FieldValue.From(i * 1013L), FieldValue.From(i * 4096L), FieldValue.From(i * 512L), FieldValue.From(i * 0.001), FieldValue.From("host1.example.org"),
        ]);

    private static long Encode(Point[] points)
    {
        using LineProtocolEncoder encoder = new(forInfluxDB3: true);
        for (int i = 0; i < points.Length; i++)
        {
            if (i % Batch == 0)
            {
                encoder.Truncate(0);
            }

            encoder.Write(points[i]);
        }

        return points.Length;
    }

    private static async Task<long> WriteAsync(Uri url, Point[] points, InfluxApi api)
    {
        using InfluxQuery influx = new(new ConnectionOptions { Url = url, Database = "vms", Api = api });
        return (await influx.WriteAsync(points, default)).Written;
    }

    private static async Task<long> PeerAsync(Uri url, Point[] points)
    {
        using HttpClient client = new();
        foreach (Point[] batch in points.Chunk(Batch))
        {
            StringBuilder text = new();
            foreach (Point point in batch)
            {
                text.Append(point.Shape.Measurement);
                for (int i = 0; i < point.Tags.Count; i++)
                {
                    text.Append(',').Append(Escape(point.Shape.Tags[i])).Append('=').Append(Escape(point.Tags[i]!));
                }

                char separator = ' ';
                for (int i = 0; i < point.Fields.Count; i++)
                {
                    text.Append(separator).Append(Escape(point.Shape.Fields[i])).Append('=').Append(Text(point.Fields[i]));
                    separator = ',';
                }

                text.Append(' ').Append(point.Time.ToString(CultureInfo.InvariantCulture)).Append('\n');
            }

            using StringContent content = new(text.ToString());
            using HttpResponseMessage response = await client.PostAsync(new Uri(url, "/api/v3/write_lp?db=vms&precision=nanosecond"), content);
            response.EnsureSuccessStatusCode();
        }

        return points.Length;
    }

    private static string Escape(string name) => name.Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);

    private static string Text(FieldValue value) => value.ToObject() switch
    {
        long number => number.ToString(CultureInfo.InvariantCulture) + "i",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        string text => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        _ => "t",
    };
}
