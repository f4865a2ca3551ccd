using System.Net;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Dumps.Records;
using VmStats.IO;
using VmStats.Stores;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Points of a spool and records of dumps wait until they are acknowledged, as a collector's points do.</summary>
public sealed class WaitingWriteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-waiting-").FullName;
    private bool _isSignedIn;
    private int _stored;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V2)]
    [InlineData(InfluxApi.V1)]
    public async Task A_record_of_a_dump_waits_behind_a_page(InfluxApi api)
    {
        using AnsweringHandler proxy = new(Answer);
        await using InfluxStore store = Open(api, proxy);
        using PinnedFolder folder = PinnedFolder.Open(_folder, FolderUse.Write);
        DumpRecorder recorder = new(store, Path.Combine(_folder, "fallback"));
        MemoryDumpRecord record = new() { Name = "web", TimeUtc = DateTime.UnixEpoch, State = MemoryDumpState.Completed };
        string? warning = await recorder.WriteAsync(record, folder, default);
        Assert.Contains("Please sign in", warning, StringComparison.Ordinal);
        Assert.Equal(0, (await recorder.ReplayAsync(folder, default)).Written);

        _isSignedIn = true;
        Assert.Equal((1, 1), ((await recorder.ReplayAsync(folder, default)).Written, _stored));
        Assert.Equal(0, (await recorder.ReplayAsync(folder, default)).Written);
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V2)]
    [InlineData(InfluxApi.V1)]
    public async Task Points_of_a_spool_wait_behind_a_page(InfluxApi api)
    {
        using AnsweringHandler proxy = new(Answer);
        await using InfluxStore store = Open(api, proxy);
        using PointSpool spool = new(store.Info, new SpoolOptions { Root = _folder });
        spool.Append(Writes.Points(3));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => ReplayAsync(spool, store));
        Assert.Equal("InfluxWriteNotAcknowledged", failure.ErrorId);
        Assert.True(spool.HasPoints);

        _isSignedIn = true;
        Assert.Equal((3, 3), (await ReplayAsync(spool, store), _stored));
        Assert.False(spool.HasPoints);
    }

    private static async Task<long> ReplayAsync(PointSpool spool, InfluxStore store)
    {
        long written = 0;
        await foreach (SegmentReplay segment in new SpoolReplayer(spool, new PointConformer(store, TagVocabulary.Rules)).ReplayAsync(default))
        {
            written += segment.Written;
        }

        return written;
    }

    private static InfluxStore Open(InfluxApi api, HttpMessageHandler proxy) =>
        new(new ConnectionOptions { Url = new Uri("https://influx.example.org"), Database = "vms", Api = api }, new VmStats.Infrastructure.Infrastructure(), proxy);

    private HttpResponseMessage Answer(HttpRequestMessage request)
    {
        if (!request.RequestUri!.AbsolutePath.Contains("write", StringComparison.Ordinal))
        {
            return new(HttpStatusCode.OK) { Content = new StringContent(request.RequestUri.AbsolutePath == "/query" ? """{"results":[{"statement_id":0}]}""" : "") };
        }

        if (!_isSignedIn)
        {
            return new(HttpStatusCode.OK) { Content = new StringContent("<html>Please sign in</html>", null, "text/html") };
        }

        _stored += request.Content!.ReadAsStringAsync().GetAwaiter().GetResult().TrimEnd('\n').Split('\n').Length;
        return new(HttpStatusCode.NoContent);
    }
}
