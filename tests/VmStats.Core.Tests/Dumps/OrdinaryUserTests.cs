using VmStats.Core.Tests.Processes;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>An ordinary user who dumps a VM of a libvirtd that runs as root, as on most hosts.</summary>
public sealed class OrdinaryUserTests(OrdinaryUserTests.RootDaemon real) : IClassFixture<OrdinaryUserTests.RootDaemon>, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly VmStats.Infrastructure.Infrastructure _infrastructure = new();
    private LibvirtSession Session => real.Session;

    // The user's own folder, with all others in it.
    private string Home => Path.Combine(Session.Folder, "user");

    private string Folder => Path.Combine(Home, "dumps");

    private string StorePath => Path.Combine(Home, "t.db");

    [SkippableFact]
    public async Task By_pipe_the_dump_is_the_users_own()
    {
        (int code, string text) = await RunAsync("pipe", runtime: null);
        Assert.True(code == 0, text);
        MemoryDumpRecord record = Assert.Single(await RecordsAsync());
        Assert.Equal(MemoryDumpState.Completed, record.State);
        Assert.Empty(record.Warnings);
        Assert.Equal($"{LibvirtSession.User} 400", await ShellAsync($"stat -c '%U %a' '{record.Path}'"));
        Assert.Equal(record.Sha256, await ShellAsync($"zstd -dc '{record.Path}' | sha256sum | cut -d' ' -f1"));
        Assert.Equal(record.StoredSha256, await ShellAsync($"sha256sum '{record.Path}' | cut -d' ' -f1"));
        Assert.True(record.RawBytes > 32L << 20);
        await AssertNothingIsLeftAsync();
    }

    [SkippableTheory]
    [InlineData("file", "as was requested", "take an ELF core through a pipe")]
    [InlineData("pipe", "could not open the pipe", "let the daemon reach")]
    public async Task A_file_that_would_be_roots_is_refused_with_the_way_out(string way, string why, string wayOut)
    {
        Require();

        // What is in the hidden folder the daemon can't open, pipe or not.
        (int code, string text) = await RunAsync(way, runtime: Path.Combine(SystemDaemon.HiddenFolder(Session.Folder), "runtime"));
        Assert.True(code == 1, text);
        string error = Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("DumpFileNotOurs | ", error, StringComparison.Ordinal);
        Assert.Contains("belongs to root", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Contains($"(sudo), or {wayOut}", error, StringComparison.Ordinal);

        MemoryDumpRecord record = Assert.Single(await RecordsAsync());
        Assert.Equal((MemoryDumpState.Failed, "DumpFileNotOurs"), (record.State, record.ErrorId));
        Assert.Empty(Directory.GetFiles(Folder, "*.elf*"));
        await AssertNothingIsLeftAsync();
    }

    public void Dispose()
    {
        if (real.IsThere && Directory.Exists(Home))
        {
            Directory.Delete(Home, recursive: true);
        }
    }

    private static string? WhyAbsent => LibvirtSession.WhySystemAbsent ?? (Part.Find("zstd") is null ? "zstd isn't installed" : null);

    private static async Task<string> ShellAsync(string command) =>
        (await Tool.RunAsync("bash", ["-c", "set -o pipefail; " + command], s_patience)).Trim();

    private static void Require()
    {
        Part.Require(WhyAbsent);
        Skip.If(SystemDaemon.WhyForbidden is not null, SystemDaemon.WhyForbidden);
    }

    private async Task<(int Code, string Text)> RunAsync(string way, string? runtime)
    {
        Require();
        OrdinaryUser user = new(LibvirtSession.User, Session.Folder);
        await user.MakeFolderAsync(Home);
        Dictionary<string, string> environment = new() { ["HOME"] = Home };
        if (runtime is not null)
        {
            await user.MakeFolderAsync(runtime);
            environment["XDG_RUNTIME_DIR"] = runtime;
        }

        return await user.RunAsync(environment, "try-dump", Session.Uri, "bios", Folder, Path.Combine(Home, "state"), StorePath, way);
    }

    private async Task<List<MemoryDumpRecord>> RecordsAsync()
    {
        await using ITelemetryStore store = _infrastructure.OpenEmbeddedStore(StorePath, retention: null);
        List<MemoryDumpRecord> records = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(new MemoryDumpFilter(), default))
        {
            records.Add(record);
        }

        return records;
    }

    // No partial file, no place where both sides met, nothing of root's; and the VM runs on.
    private async Task AssertNothingIsLeftAsync()
    {
        Assert.DoesNotContain(Directory.GetFiles(Folder, ".*"), file => file.EndsWith(".partial", StringComparison.Ordinal));
        DumpStateData state = Assert.Single(new DumpStateStore(Path.Combine(Home, "state")).ReadAll());
        Assert.False(Directory.Exists(state.Rendezvous));
        string hidden = SystemDaemon.HiddenFolder(Session.Folder);
        Assert.Equal("", await ShellAsync($"find '{Home}' '{hidden}' -mindepth 1 -user root ! -name 't.db*'"));
        Assert.Equal("running", (await Session.VirshAsync("domstate", "bios")).Trim());
    }

    /// <summary>A libvirtd that runs as root, with one VM; nothing where it can't be.</summary>
    public sealed class RootDaemon : IAsyncLifetime
    {
        private LibvirtSession? _session;

        public bool IsThere => _session is not null;

        public LibvirtSession Session => _session ?? throw new InvalidOperationException("Require the part first.");

        public async Task InitializeAsync()
        {
            if (WhyAbsent is null && SystemDaemon.WhyForbidden is null)
            {
                _session = await LibvirtSession.StartSystemAsync();
                await _session.DefineBiosOnlyAsync("bios");
            }
        }

        public async Task DisposeAsync()
        {
            if (_session is not null)
            {
                await _session.DisposeAsync();
            }
        }
    }
}
