using System.Net;
using VmStats.Configuration;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>A write that gets no answer ends: by its time-out, by its caller, or with the connection. And leaves nothing behind.</summary>
public sealed class WriteCancellationTests : IAsyncLifetime
{
    private static readonly TimeSpan s_promptly = TimeSpan.FromSeconds(20);

    private Influx3StandIn _server = null!;

    public async Task InitializeAsync() => _server = (await Influx3StandIn.StartAsync()).AnswerNothing();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V1)]
    public async Task A_server_that_is_silent_is_a_time_out(InfluxApi api)
    {
        ConnectionOptions options = Writes.Options(_server.Url, api) with { Timeout = TimeSpan.FromSeconds(1) };
        InfluxException failure = await Writes.FailAsync(options).WaitAsync(s_promptly);
        Assert.Equal(("InfluxTimeout", VmStatsErrorKind.Timeout), (failure.ErrorId, failure.Kind));
        Assert.Contains("1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_never_ends_is_a_time_out()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.AnswerStalled("<html>");
        InfluxException failure = await Writes.FailAsync(Writes.Options(server.Url) with { Timeout = TimeSpan.FromSeconds(1) }).WaitAsync(s_promptly);
        Assert.Equal("InfluxTimeout", failure.ErrorId);
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V1)]
    public async Task Its_caller_can_end_it_at_once(InfluxApi api)
    {
        using CancellationTokenSource stop = new();
        Task<WriteResult> write = Writes.RunAsync(Writes.Options(_server.Url, api), cancellationToken: stop.Token);
        await AskedAsync();
        await stop.CancelAsync();
        OperationCanceledException end = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.WaitAsync(s_promptly));
        Assert.Equal(stop.Token, end.CancellationToken);
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V1)]
    public async Task Closing_the_connection_ends_it_and_is_no_time_out(InfluxApi api)
    {
        InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url, api));
        Task<WriteResult> write = influx.WriteAsync(Writes.Points(1), default).AsTask();
        await AskedAsync();
        influx.Dispose();
        ObjectDisposedException end = await Assert.ThrowsAsync<ObjectDisposedException>(() => write.WaitAsync(s_promptly));
        Assert.Contains(_server.Url.Authority, end.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await influx.WriteAsync(Writes.Points(1), default));
        influx.Dispose();
    }

    [Fact]
    public async Task A_closed_connection_that_never_wrote_writes_no_more()
    {
        InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url));
        influx.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await influx.WriteAsync(Writes.Points(1), default));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task A_server_that_is_not_there_can_be_written_to_later()
    {
        using InfluxQuery influx = Writes.Connect(Writes.Options(new Uri("http://127.0.0.1:1")));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(async () => await influx.WriteAsync(Writes.Points(1), default));
        Assert.Equal(("InfluxUnreachable", true), (failure.ErrorId, failure.IsTransient));
    }

    [Fact]
    public async Task Thousands_of_writes_leave_no_timers()
    {
        using AnsweringHandler handler = new(_ => new(HttpStatusCode.NoContent));
        using InfluxQuery influx = Writes.Connect(Writes.Options(new Uri("https://influx.example.org")), handler);
        long before = Timer.ActiveCount;
        for (int i = 0; i < 2000; i++)
        {
            await influx.WriteAsync(Writes.Points(1), default);
        }

        // Other tests have some, too.
        Assert.InRange(Timer.ActiveCount - before, long.MinValue, 1000);
    }

    private Task AskedAsync() =>
        Eventually.TrueAsync("the server is asked", Writes.Ceiling, () => Task.FromResult(_server.Requests.Count > 0));
}
