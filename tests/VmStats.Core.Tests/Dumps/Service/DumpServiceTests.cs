using VmStats.Dumps.Service;
using VmStats.Fixtures.Dumps;
using VmStats.Points;

namespace VmStats.Core.Tests.Dumps.Service;

/// <summary>The original's dump service, by a loopback server that answers as it does.</summary>
public sealed class DumpServiceTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DumpLab _lab = new();
    private DumpServiceStandIn _service = null!;
    private MemoryDumpServiceClient _client = null!;

    private ServiceDumper Dumper => new(_client, _lab.Store, _lab.StateFolder) { Interval = TimeSpan.FromMilliseconds(5) };

    public async Task InitializeAsync()
    {
        _service = await DumpServiceStandIn.StartAsync();
        _client = new MemoryDumpServiceClient(_service.Url, s_patience);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _lab.DisposeAsync();
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_dump_is_begun_followed_and_given_with_the_services_own_unverified_record()
    {
        const string path = "/srv/dumps/7_1770000000.mem";
        string hash = new('a', 64);
        int asked = 0;
        _service.OnStatusRequested = vm =>
        {
            if (++asked < 4)
            {
                _service.Run(vm, asked * 25);
                return;
            }

            _service.Complete(vm, path, 12.5);
        };
        await WriteAsServiceAsync("web01", path, hash);
        List<MemoryDumpStatus> seen = [];
        MemoryDumpRecord record = await Dumper.DumpAsync("web01", null, new Listener(seen.Add), default);

        Assert.Equal(["POST /api/dumps {\"vms\":[\"web01\"]}", "GET /api/dumps/web01"], _service.Requests.Distinct());
        Assert.Equal([0.0, 25, 50, 75, 100], seen.Select(status => status.PercentComplete));
        Assert.Equal((MemoryDumpState.Completed, path, hash, (bool?)false, 1000L), (record.State, record.Path, record.Sha256, record.IsHashVerified, record.RawBytes));
        Assert.Equal(seen[0].DumpId, record.DumpId);
        Assert.NotEqual(Guid.Empty, seen[0].DumpId);
        Assert.Empty(record.Warnings);

        // As Get-MemoryDumpRecord reads it, it is unverified too; nothing was written beside the service's own record.
        Assert.False(Assert.Single(await _lab.RecordsAsync()).IsHashVerified);
    }

    [Fact]
    public async Task Where_the_store_has_no_record_the_status_serves_and_a_warning_says_so()
    {
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 3);
        MemoryDumpRecord record = await Dumper.DumpAsync("web01", null, null, default);
        Assert.Equal(
            (MemoryDumpState.Completed, "/srv/x.mem", null, (bool?)null, TimeSpan.FromSeconds(3), "127.0.0.1"),
            (record.State, record.Path, record.Sha256, record.IsHashVerified, record.Duration, record.HostName));
        Assert.Contains(_lab.Store.Info.Address, Assert.Single(record.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_dump_is_an_error_and_a_record()
    {
        _service.OnStatusRequested = vm => _service.Fail(vm, "Domain not found: no domain with matching name 'web01'");
        MemoryDumpException failure = await Assert.ThrowsAsync<MemoryDumpException>(() => Dumper.DumpAsync("web01", null, null, default));
        Assert.Equal("DumpServiceDumpFailed", failure.ErrorId);
        Assert.Contains("no domain with matching name", failure.Message, StringComparison.Ordinal);
        MemoryDumpRecord record = Assert.Single(await _lab.RecordsAsync());
        Assert.Equal((MemoryDumpState.Failed, "web01", "DumpServiceDumpFailed", (bool?)null), (record.State, record.Name, record.ErrorId, record.IsHashVerified));
        Assert.Equal(failure.Record.DumpId, record.DumpId);
    }

    [Fact]
    public async Task A_dump_that_somebody_else_has_running_is_waited_for_and_said_to_be_his()
    {
        await _client.StartAsync(["web01"], default);
        _service.Run("web01", 10);
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 3);
        MemoryDumpRecord record = await Dumper.DumpAsync("web01", null, null, default);
        Assert.Contains(record.Warnings, warning => warning.Contains("already", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wait_ends_at_its_limit_and_on_cancellation_and_the_dump_goes_on()
    {
        _service.OnStatusRequested = vm => _service.Run(vm, 1);
        VmStatsException late = await Assert.ThrowsAsync<VmStatsException>(() => Dumper.DumpAsync("web01", TimeSpan.FromMilliseconds(100), null, default));
        Assert.Equal(("DumpServiceTimeout", VmStatsErrorKind.Timeout), (late.ErrorId, late.Kind));

        using CancellationTokenSource stop = new();
        Listener cancel = new(_ => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Dumper.DumpAsync("web01", null, cancel, stop.Token));
        Assert.Equal(MemoryDumpState.Running, (await _client.FindAsync("web01", default))!.State);
        Assert.Empty(await _lab.RecordsAsync());
    }

    [Fact]
    public async Task A_service_that_was_restarted_or_begun_anew_has_forgotten_the_dump()
    {
        _service.OnStatusRequested = _ => _service.Forget();
        VmStatsException forgotten = await Assert.ThrowsAsync<VmStatsException>(() => Dumper.DumpAsync("web01", null, null, default));
        Assert.Equal("DumpServiceAnswerInvalid", forgotten.ErrorId);

        MemoryDumpStatus before = (await _client.StartAsync(["web01"], default))[0];
        _service.Fail("web01", "x");
        await _client.StartAsync(["web01"], default);
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 1);
        forgotten = await Assert.ThrowsAsync<VmStatsException>(() => _client.WaitAsync(before, TimeSpan.Zero, null, default));
        Assert.Equal("DumpServiceAnswerInvalid", forgotten.ErrorId);
    }

    [Fact]
    public async Task All_dumps_that_it_knows_of_are_listed_and_names_go_as_they_are()
    {
        string[] names = ["a b", "a/b", "50%", "ü&?#", ".."];
        await _client.StartAsync(names, default);
        Assert.Equal(names.Order(StringComparer.Ordinal), (await _client.ListAsync(default)).Select(status => status.Name));
        foreach (string name in names)
        {
            MemoryDumpStatus status = (await _client.FindAsync(name, default))!;
            Assert.Equal((name, MemoryDumpState.Queued, _service.Url.ToString().TrimEnd('/')), (status.Name, status.State, status.Source));
        }

        Assert.Null(await _client.FindAsync("nosuch", default));
    }

    [Theory]
    [InlineData("12")]
    [InlineData(" 12 ")]
    [InlineData("+12")]
    [InlineData("-1")]
    [InlineData("1_2")]
    [InlineData("١٢")]
    [InlineData("𝟏𝟐")]
    [InlineData("\u001c12\t")]
    [InlineData("")]
    public async Task A_name_that_the_service_could_take_for_an_id_is_refused_and_nothing_is_sent(string name)
    {
        // Were it begun, it would end at once.
        _service.OnStatusRequested = vm => _service.Complete(vm, "/srv/x.mem", 1);
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(() => Dumper.DumpAsync(name, null, null, default));
        Assert.Equal(("DumpServiceNameAmbiguous", VmStatsErrorKind.Ambiguous), (refused.ErrorId, refused.Kind));
        Assert.Empty(_service.Requests);
    }

    [Theory]
    [InlineData("web01")]
    [InlineData("one-71")]
    [InlineData("0x10")]
    [InlineData("1e3")]
    [InlineData("12a")]
    public void A_name_with_digits_in_it_is_a_name(string name) => MemoryDumpServiceClient.CheckName(name);

    [Theory]
    [InlineData(401, "DumpServiceRefused", VmStatsErrorKind.Authentication)]
    [InlineData(403, "DumpServiceRefused", VmStatsErrorKind.PermissionDenied)]
    [InlineData(404, "DumpServiceNotFound", VmStatsErrorKind.NotFound)]
    [InlineData(409, "DumpServiceBusy", VmStatsErrorKind.ResourceBusy)]
    [InlineData(422, "DumpServiceRefused", VmStatsErrorKind.InvalidOperation)]
    [InlineData(500, "DumpServiceFailed", VmStatsErrorKind.Unavailable)]
    [InlineData(503, "DumpServiceFailed", VmStatsErrorKind.Unavailable)]
    public async Task An_answer_that_is_no_success_is_told_with_its_code_and_the_services_words(int status, string id, VmStatsErrorKind kind)
    {
        _service.Answer(status, "{\"detail\":\"its own words\"}");
        VmStatsException failure = await Assert.ThrowsAsync<VmStatsException>(() => _client.ListAsync(default));
        Assert.Equal((id, kind), (failure.ErrorId, failure.Kind));
        Assert.Contains($"answered {status}: its own words", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_no_dump_service_is_not_taken_for_one_without_dumps()
    {
        _service.Answer(404, "{\"detail\":\"Not Found\"}");
        Assert.Equal("DumpServiceNotFound", await FailureAsync());
        _service.Answer(404, "<html>nothing here</html>", "text/html");
        Assert.Equal("DumpServiceNotFound", await FailureAsync());
        _service.Answer(302, "", location: "http://elsewhere.example/");
        Assert.Equal("DumpServiceRefused", await FailureAsync());
    }

    [Theory]
    [InlineData("<html>welcome</html>")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"dump_id\":\"x\",\"vm\":\"web01\"}")]
    [InlineData("{\"dump_id\":\"x\",\"vm\":\"web01\",\"state\":\"dancing\"}")]
    public async Task An_answer_that_is_none_of_the_services_is_a_protocol_error(string body)
    {
        _service.Answer(200, body, "text/html; charset=nonsense");
        VmStatsException failure = await Assert.ThrowsAsync<VmStatsException>(() => _client.FindAsync("web01", default));
        Assert.Equal(("DumpServiceAnswerInvalid", VmStatsErrorKind.Protocol), (failure.ErrorId, failure.Kind));
    }

    [Fact]
    public async Task A_vm_that_the_answer_passes_over_is_a_protocol_error()
    {
        _service.Answer(200, "{\"web02\":null}");
        Assert.Equal("DumpServiceAnswerInvalid", (await Assert.ThrowsAsync<VmStatsException>(() => _client.StartAsync(["web01"], default))).ErrorId);
        _service.Answer(200, "{\"web01\":null}");
        Assert.Equal("DumpServiceAnswerInvalid", (await Assert.ThrowsAsync<VmStatsException>(() => _client.ListAsync(default))).ErrorId);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_or_never_comes_and_a_service_that_is_not_there_are_told_apart()
    {
        _service.AnswerCutOff("{\"web01\":{\"state\":");
        Assert.Equal("DumpServiceAnswerInvalid", await FailureAsync());

        _service.AnswerNever();
        using (MemoryDumpServiceClient hasty = new(_service.Url, TimeSpan.FromMilliseconds(200)))
        {
            VmStatsException late = await Assert.ThrowsAsync<VmStatsException>(() => hasty.ListAsync(default));
            Assert.Equal(("DumpServiceUnavailable", VmStatsErrorKind.Timeout), (late.ErrorId, late.Kind));
        }

        Uri gone = _service.Url;
        await _service.DisposeAsync();
        using MemoryDumpServiceClient nobody = new(gone, s_patience);
        VmStatsException away = await Assert.ThrowsAsync<VmStatsException>(() => nobody.ListAsync(default));
        Assert.Equal(("DumpServiceUnavailable", VmStatsErrorKind.Unavailable), (away.ErrorId, away.Kind));
        _service = await DumpServiceStandIn.StartAsync();
    }

    [Theory]
    [InlineData("ftp://kvm1")]
    [InlineData("http://admin:s3cret@kvm1:5001")]
    [InlineData("http://kvm1:5001/?token=s3cret")]
    [InlineData("http://")]
    [InlineData("kvm1:port")]
    public void An_address_that_is_none_is_refused_without_being_repeated(string text)
    {
        VmStatsException invalid = Assert.Throws<VmStatsException>(() => MemoryDumpServiceClient.ParseAddress(text));
        Assert.Equal("DumpServiceUrlInvalid", invalid.ErrorId);
        Assert.DoesNotContain("s3cret", invalid + $"{invalid.Target}", StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_without_a_scheme_is_http() => Assert.Equal("http://kvm1:5001/", MemoryDumpServiceClient.ParseAddress("kvm1:5001").ToString());

    private async Task<string> FailureAsync() =>
        (await Assert.ThrowsAsync<VmStatsException>(() => _client.FindAsync("web01", default))).ErrorId;

    // The line that the original's service writes: every number a float.
    private async Task WriteAsServiceAsync(string vm, string path, string hash)
    {
        PointShape shape = new(
            "mem_dumps",
            ["dom", "vmid", "host"],
            ["ok", "sha256", "dump_path", "raw_size_bytes", "ctime", "mtime", "atime", "duration_sec", "dump_duration_sec", "loop", "every_sec"]);
        double now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        FieldValue[] values =
        [
            FieldValue.From(true), FieldValue.From(hash), FieldValue.From(path), FieldValue.From(1000.0), FieldValue.From(now), FieldValue.From(now),
            FieldValue.From(now), FieldValue.From(12.5), FieldValue.From(12.5), FieldValue.From(0.0), FieldValue.From(0.0),
        ];
        await _lab.Store.WriteAsync([new Point(shape, UnixTime.ToNanoseconds(DateTimeOffset.UtcNow), [vm, "7", "kvm1"], values)], default);
    }

    private sealed class Listener(Action<MemoryDumpStatus> listen) : IProgress<MemoryDumpStatus>
    {
        public void Report(MemoryDumpStatus value) => listen(value);
    }
}
