using InfluxDB3.Client;
using InfluxDB3.Client.Write;
using VmStats.Points;

namespace VmStats.Benchmarks.Wire;

/// <summary>InfluxDB3.Client as people use it: its own HttpClient, its defaults (gzip among them), one call a request.</summary>
internal static class OfficialClient
{
    public static async Task<long> WritePointsAsync(Uri url, Point[] points, int requests)
    {
        using InfluxDBClient client = new(url.ToString(), "token", database: "vms");
        for (int request = 0; request < requests; request++)
        {
            await client.WritePointsAsync(points.Select(ToPointData));
        }

        return (long)points.Length * requests;
    }

    public static async Task<long> WriteLinesAsync(Uri url, string[] lines, int requests)
    {
        using InfluxDBClient client = new(url.ToString(), "token", database: "vms");
        for (int request = 0; request < requests; request++)
        {
            await client.WriteRecordsAsync(lines);
        }

        return (long)lines.Length * requests;
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
}
