using System.Diagnostics;
using System.Globalization;
using System.Text;
using InfluxDB3.Client;
using InfluxDB3.Client.Write;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// Points of ten fields, encoded as line protocol and posted to a server that forgets them; beside a writer by StringBuilder,
/// and the official client as people use it: a PointData a point, its defaults for everything else. Points are made in the run.
/// </summary>
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
            Measurement ours = await Measurement.BestAsync(3, () => WriteAsync(url, points, InfluxApi.V3));
            ours.Print("  InfluxQuery.WriteAsync to 3 (its client, gzip)");
            string[] lines = [.. points.Select(Line)];
            (await Measurement.BestAsync(3, () => ClientLinesAsync(url, lines))).Print("  InfluxDB3.Client, lines that are there already, gzip");
            Measurement client = await Measurement.BestAsync(3, () => ClientPointsAsync(url, points));
            client.Print("  InfluxDB3.Client, PointData made and written, gzip");
            Console.WriteLine(FormattableString.Invariant($"  to 3: {ours.Rate / client.Rate:F1} times the client with PointData"));
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
        using InfluxQuery influx = new(new ConnectionOptions { Url = url, Database = "vms", Api = api }, new Infrastructure.Infrastructure());
        long written = 0;
        foreach (Point[] batch in points.Chunk(Batch))
        {
            Point[] made = [.. batch.Select(point => new Point(point.Shape, point.Time, [.. point.Tags], [.. point.Fields]))];
            written += (await influx.WriteAsync(made, default)).Written;
        }

        return written;
    }

    private static async Task<long> ClientPointsAsync(Uri url, Point[] points)
    {
        using InfluxDBClient client = new(url.ToString(), "token", database: "vms");
        foreach (Point[] batch in points.Chunk(Batch))
        {
            await client.WritePointsAsync(batch.Select(ToPointData));
        }

        return points.Length;
    }

    private static async Task<long> ClientLinesAsync(Uri url, string[] lines)
    {
        using InfluxDBClient client = new(url.ToString(), "token", database: "vms");
        foreach (string[] batch in lines.Chunk(Batch))
        {
            await client.WriteRecordsAsync(batch);
        }

        return lines.Length;
    }

    private static PointData ToPointData(Point point)
    {
        PointData data = PointData.Measurement(point.Shape.Measurement).SetTimestamp(point.Time);
        for (int i = 0; i < point.Tags.Count; i++)
        {
            data.SetTag(point.Shape.Tags[i], point.Tags[i]!);
        }

        for (int i = 0; i < point.Fields.Count; i++)
        {
            data.SetField(point.Shape.Fields[i], point.Fields[i].ToObject()!);
        }

        return data;
    }

    private static string Line(Point point)
    {
        using LineProtocolEncoder encoder = new(forInfluxDB3: true, capacity: 1024);
        encoder.Write(point);
        return Encoding.UTF8.GetString(encoder.Written.Span).TrimEnd('\n');
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
