using System.Net;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Points over which a server drops the connection, each time: they are found, and nothing waits behind them.</summary>
public sealed class DroppedWriteTests
{
    [SkippableFact]
    public async Task The_point_that_the_server_drops_the_connection_for_is_refused_alone()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        await using Influx3StandIn server = await Influx3StandIn.StartAsync(executes: true, Writes.Token);
        Point[] points = Writes.Points(40);
        points[17] = new Point(points[17].Shape, long.MaxValue, [.. points[17].Tags], [.. points[17].Fields]);
        using InfluxQuery influx = Writes.Connect(Writes.Options(server.Url));
        WriteResult result = await influx.WriteAsync(points, default);
        RejectedPoint rejected = Assert.Single(result.Rejected);
        Assert.Equal((39, points[17]), (result.Written, rejected.Point));
        Assert.Contains("drops the connection", rejected.Reason, StringComparison.Ordinal);
        await using ITelemetryStore store = StoreFactory.Open(Writes.Options(server.Url), new VmStats.Infrastructure.Infrastructure());
        int rows = 0;
        await foreach (StoreRow row in store.QueryAsync(new("m"), default))
        {
            rows += row.Time is null ? 0 : 1;
        }

        Assert.Equal(39, rows);
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V2)]
    [InlineData(InfluxApi.V1)]
    public async Task A_path_that_drops_all_writes_is_the_paths_fault_and_no_points(InfluxApi api)
    {
        using AnsweringHandler handler = new(_ => throw new HttpRequestException("An error occurred while sending the request.", new IOException("The response ended prematurely.")));
        using InfluxQuery influx = Writes.Connect(Writes.Options(new Uri("https://influx.example.org"), api), handler);
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => influx.WriteAsync(Writes.Points(8), default).AsTask());
        Assert.Equal(("InfluxConnectionBroken", true), (failure.ErrorId, failure.IsTransient));
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V2)]
    [InlineData(InfluxApi.V1)]
    public async Task What_breaks_once_is_sent_again(InfluxApi api)
    {
        int writes = 0;
        using AnsweringHandler handler = new(request => HasPoints(request) && writes++ == 0
            ? throw new HttpRequestException("An error occurred while sending the request.", new IOException("The response ended prematurely."))
            : new HttpResponseMessage(HttpStatusCode.NoContent));
        using InfluxQuery influx = Writes.Connect(Writes.Options(new Uri("https://influx.example.org"), api), handler);
        WriteResult result = await influx.WriteAsync(Writes.Points(1), default);
        Assert.Equal((1, 0, 2), (result.Written, result.Rejected.Count, writes));
    }

    private static bool HasPoints(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath.Contains("write", StringComparison.Ordinal) && request.Content!.ReadAsByteArrayAsync().GetAwaiter().GetResult().Length > 0;
}
