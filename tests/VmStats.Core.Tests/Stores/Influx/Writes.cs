using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Writes for tests of what becomes of them.</summary>
internal static class Writes
{
    public const string Token = "apiv3_s3cret-must-not-show";

    public static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);

    private static readonly PointShape s_shape = new("m", ["t"], ["x"]);

    public static ConnectionOptions Options(Uri url, InfluxApi api = InfluxApi.V3) => new()
    {
        Url = url,
        Database = "vms",
        Token = new Secret(Token, "INFLUX_TOKEN"),
        Api = api,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public static InfluxQuery Connect(ConnectionOptions options, HttpMessageHandler? handler = null) =>
        new(options, new VmStats.Infrastructure.Infrastructure(), handler);

    public static Point[] Points(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new Point(s_shape, i, [$"vm{i}"], [FieldValue.From((long)i)]))];

    /// <summary>Writes over a connection of its own.</summary>
    public static async Task<WriteResult> RunAsync(ConnectionOptions options, int points = 1, CancellationToken cancellationToken = default)
    {
        using InfluxQuery influx = Connect(options);
        return await influx.WriteAsync(Points(points), cancellationToken);
    }

    /// <summary>Writes, and gives the failure.</summary>
    public static Task<InfluxException> FailAsync(ConnectionOptions options, int points = 1) =>
        Assert.ThrowsAsync<InfluxException>(() => RunAsync(options, points));
}

/// <summary>Answers in place of a network.</summary>
internal sealed class AnsweringHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(answer(request));
}
