using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.LineProtocol;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// Points of ten fields, encoded as line protocol and posted to a server that forgets them; beside a writer by StringBuilder
/// and the official client. The ways take turns, so that other work on the machine meets all of them.
/// </summary>
internal static class LinesBenchmark
{
    private const int Batch = 10_000;
    private const int Runs = 5;

    private static readonly PointShape s_shape = new(
        "vm_totals", ["VMID", "name", "uuid"], ["cputime", "cpus", "memactual", "memrss", "net_rxbytes", "net_txbytes", "disk_rd_bytes", "disk_wr_bytes", "load", "host"]);

    public static async Task RunAsync(string[] arguments)
    {
        int count = arguments is ["--points", string text] ? int.Parse(text, CultureInfo.InvariantCulture) : 500_000;
        int requests = Math.Max(1, count / Batch);
        (Process server, Uri url) = await SinkServer.StartAsync();
        using Process process = server;
        try
        {
            // The same points again and again: what is alive while garbage is collected is one request's.
            Point[] points = [.. Enumerable.Range(0, Batch).Select(Make)];
            string[] lines = [.. points.Select(Line)];
            (string What, Func<Task<long>> Work)[] ways =
            [
                ("StringBuilder, no compression", () => PeerAsync(url, points, requests)),
                ("encoded only", () => Task.FromResult(Encode(points, requests))),
                ("InfluxQuery.WriteAsync to 1.x, no compression", () => WriteAsync(url, () => points, requests, InfluxApi.V1)),
                ("InfluxQuery.WriteAsync to 3, by its client, gzip", () => WriteAsync(url, () => points, requests, InfluxApi.V3)),
                ("the same, points made in the run", () => WriteAsync(url, () => [.. points.Select(Copy)], requests, InfluxApi.V3)),
                ("InfluxDB3.Client, lines that are there, gzip", () => OfficialClient.WriteLinesAsync(url, lines, requests)),
                ("InfluxDB3.Client, PointData made in the run, gzip", () => OfficialClient.WritePointsAsync(url, points, requests)),
            ];
            Measurement[] best = await Measurement.BestInTurnAsync(Runs, [.. ways.Select(way => way.Work)]);
            Console.WriteLine(FormattableString.Invariant($"10 fields, 3 tags; requests of {Batch:N0} points; best of {Runs} runs"));
            foreach ((string what, Measurement measurement) in ways.Select(way => way.What).Zip(best))
            {
                measurement.Print("  " + what);
            }

            Console.WriteLine(FormattableString.Invariant(
                $"  to 3, points made in the run, beside PointData: {best[4].Rate / best[6].Rate:F1} times by the clock, {best[6].Processor / best[4].Processor:F1} times by the processors"));
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

    private static Point Copy(Point point) => new(point.Shape, point.Time, point.Tags.ToArray(), point.Fields.ToArray());

    private static long Encode(Point[] points, int requests)
    {
        using LineProtocolEncoder encoder = new(forInfluxDB3: true);
        for (int request = 0; request < requests; request++)
        {
            encoder.Truncate(0);
            foreach (Point point in points)
            {
                encoder.Write(point);
            }
        }

        return (long)points.Length * requests;
    }

    private static async Task<long> WriteAsync(Uri url, Func<Point[]> points, int requests, InfluxApi api)
    {
        using InfluxQuery influx = new(new ConnectionOptions { Url = url, Database = "vms", Api = api }, new VmStats.Infrastructure.Infrastructure());
        long written = 0;
        for (int request = 0; request < requests; request++)
        {
            written += (await influx.WriteAsync(points(), default)).Written;
        }

        return written;
    }

    private static string Line(Point point)
    {
        using LineProtocolEncoder encoder = new(forInfluxDB3: true, capacity: 1024);
        encoder.Write(point);
        return Encoding.UTF8.GetString(encoder.Written.Span).TrimEnd('\n');
    }

    private static async Task<long> PeerAsync(Uri url, Point[] points, int requests)
    {
        using HttpClient client = new();
        for (int request = 0; request < requests; request++)
        {
            StringBuilder text = new();
            foreach (Point point in points)
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

        return (long)points.Length * requests;
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
