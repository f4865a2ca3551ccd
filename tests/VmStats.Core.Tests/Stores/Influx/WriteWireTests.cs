using System.Net;
using System.Text;
using VmStats.Configuration;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.LineProtocol;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>What a write to InfluxDB 3, by its own client, puts on the wire.</summary>
public sealed class WriteWireTests : IAsyncLifetime
{
    private Influx3StandIn _server = null!;

    public async Task InitializeAsync() => _server = (await Influx3StandIn.StartAsync()).Answer(204);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_small_write_is_one_plain_request_that_takes_what_it_can()
    {
        Assert.Equal(2, (await Writes.RunAsync(Writes.Options(_server.Url), points: 2)).Written);
        StandInRequest request = Assert.Single(_server.Requests);
        Assert.Equal("POST /api/v3/write_lp?db=vms&precision=nanosecond", request.ToString());
        Assert.Equal(($"Bearer {Writes.Token}", "VmStats/1"), (request.Headers["Authorization"], request.Headers["User-Agent"]));
        Assert.False(request.Headers.ContainsKey("Content-Encoding"));
        Assert.Equal("m,t=vm1 x=1i 1\nm,t=vm2 x=2i 2", request.Body);
    }

    [Fact]
    public async Task A_large_write_is_compressed_and_its_lines_are_those_of_the_encoder()
    {
        // Line ends and empty lines in texts, tags that end in a backslash, texts longer than a record, letters of several bytes.
        PointShape shape = new("m", ["t"], ["x", "text"]);
        string[] texts = ["", "a\n\nb\n", "\n", new string('ä', 9000), "\"\\", "\U0001F600 \ud800"];
        Point[] points = [.. Enumerable.Range(0, 3000).Select(i => new Point(shape, i, [$"C:\\{i}\\"], [FieldValue.From(i * 0.1), FieldValue.From(texts[i % (i < 60 ? 6 : 3)])]))];
        using LineProtocolEncoder encoder = new(forInfluxDB3: true);
        Assert.All(points, point => Assert.True(encoder.Write(point)));

        using InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url));
        Assert.Equal(points.Length, (await influx.WriteAsync(points, default)).Written);
        StandInRequest request = Assert.Single(_server.Requests);
        Assert.Equal("gzip", request.Headers["Content-Encoding"]);
        Assert.True(long.Parse(request.Headers["Content-Length"], provider: null) < encoder.Length / 3);
        Assert.Equal(Encoding.UTF8.GetString(encoder.Written.Span).TrimEnd('\n'), request.Body);
    }

    [Fact]
    public async Task More_points_than_a_request_may_have_are_several_requests_in_order()
    {
        Assert.Equal(25_000, (await Writes.RunAsync(Writes.Options(_server.Url), 25_000)).Written);
        string[][] bodies = [.. _server.Requests.Select(request => request.Body.Split('\n'))];
        Assert.Equal([10_000, 10_000, 5_000], bodies.Select(lines => lines.Length));
        Assert.Equal(Enumerable.Range(1, 25_000).Select(i => $"m,t=vm{i} x={i}i {i}"), bodies.SelectMany(lines => lines));
    }

    [Fact]
    public async Task Nothing_to_write_sends_nothing()
    {
        using InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url));
        Assert.Equal(0, (await influx.WriteAsync([], default)).Written);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/influx/one")]
    [InlineData("/influx/one/")]
    public async Task A_path_in_the_address_is_kept(string path)
    {
        await Writes.RunAsync(Writes.Options(new Uri(_server.Url, path + "?token=not-this#nor-this")));
        Assert.Equal($"POST {path.TrimEnd('/')}/api/v3/write_lp?db=vms&precision=nanosecond", Assert.Single(_server.Requests).ToString());
    }

    [Fact]
    public async Task The_user_of_the_address_is_who_writes()
    {
        ConnectionOptions options = Writes.Options(new UriBuilder(_server.Url) { UserName = "me", Password = "p%40ss" }.Uri) with { Token = null };
        await Writes.RunAsync(options);
        string expected = Convert.ToBase64String(Encoding.UTF8.GetBytes("me:p@ss"));
        Assert.Equal($"Basic {expected}", Assert.Single(_server.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task Two_connections_over_one_handler_keep_their_tokens_apart()
    {
        List<(string Host, string? Token)> seen = [];
        using AnsweringHandler shared = new(request =>
        {
            seen.Add((request.RequestUri!.Host, request.Headers.Authorization?.Parameter));
            return new(HttpStatusCode.NoContent);
        });
        ConnectionOptions options = Writes.Options(new Uri("https://one.example"));
        using InfluxQuery one = Writes.Connect(options with { Token = new Secret("one", "a test") }, shared);
        using InfluxQuery two = Writes.Connect(options with { Url = new Uri("https://two.example"), Token = new Secret("two", "a test") }, shared);
        using InfluxQuery three = Writes.Connect(options with { Url = new Uri("https://three.example"), Token = null }, shared);
        for (int i = 0; i < 2; i++)
        {
            await one.WriteAsync(Writes.Points(1), default);
            await two.WriteAsync(Writes.Points(1), default);
            await three.WriteAsync(Writes.Points(1), default);
        }

        (string, string?)[] round = [("one.example", "one"), ("two.example", "two"), ("three.example", null)];
        Assert.Equal(round.Concat(round), seen);
    }
}
