using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Diagnostics;
using VmStats.Infrastructure.Embedded;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>
/// The locks of this process on a database file, as the system lists them. They are all that tells other programs that it is
/// in use, and closing any handle of the file but SQLite's drops them.
/// </summary>
public sealed class LockTests : AsyncTest
{
    private const string Locks = "/proc/locks";

    private readonly StoreFixture _fixture = new();

    public static TheoryData<string> Uses => new(s_uses.Keys);

    private static readonly Dictionary<string, Func<StoreFixture, Task>> s_uses = new()
    {
        ["open"] = fixture =>
        {
            fixture.Open();
            return Task.CompletedTask;
        },
        ["open and close"] = async fixture => await EmbeddedStore.Open(fixture.FilePath, null).DisposeAsync(),
        ["open by a link"] = async fixture =>
        {
            string link = Path.Combine(fixture.Folder, "link.db");
            File.CreateSymbolicLink(link, fixture.FilePath);
            await using EmbeddedStore store = EmbeddedStore.Open(link, null);
            await store.WriteAsync([Vm("1", "by link", 1, 1)], default);
        },
        ["probe"] = async fixture => await fixture.Open().ProbeAsync(default),
        ["read"] = async fixture => Assert.NotEmpty(await fixture.Query(new StoreQuery("vm_totals"))),
        ["write by another store"] = async fixture => await fixture.Open().WriteAsync([Vm("1", "b", 1, 1)], default),
        ["prune"] = async fixture =>
        {
            EmbeddedStore store = fixture.Open(TimeSpan.FromDays(1));
            await store.WriteAsync([Vm("1", "b", 1, 1)], default);
            await store.PlanPruningAsync(TimeSpan.FromDays(1), default);
        },
        ["refuse a path below it"] = fixture =>
        {
            Assert.Throws<EmbeddedStoreException>(() => EmbeddedStore.Open(Path.Combine(fixture.FilePath, "x.db"), null));
            return Task.CompletedTask;
        },
        ["factory and doctor"] = async fixture =>
        {
            ConnectionOptions options = new() { Url = StoreAddress.FromPath(fixture.FilePath) };
            await using ITelemetryStore store = StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
            await foreach (VmStatsConnectionCheck link in new ConnectionChecker(options, store, TimeProvider.System).CheckAsync(default))
            {
                Assert.NotEqual(VmStatsConnectionCheckResult.Failed, link.Result);
            }
        },
        ["release"] = fixture =>
        {
            new VmStats.Infrastructure.Infrastructure().Release();
            return Task.CompletedTask;
        },
    };

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [SkippableTheory]
    [MemberData(nameof(Uses))]
    public async Task No_use_of_a_store_drops_the_locks_of_who_writes_to_it(string use)
    {
        Skip.IfNot(File.Exists(Locks), "The system doesn't list its locks.");
        await _fixture.Write(Vm("1", "a", 0, 1));
        string[] before = Held();
        Assert.NotEmpty(before);
        await s_uses[use](_fixture);
        Assert.Equal(before, Held());
    }

    [SkippableFact]
    public async Task Any_other_handle_does()
    {
        Skip.IfNot(File.Exists(Locks), "The system doesn't list its locks.");
        await _fixture.Write(Vm("1", "a", 0, 1));
        await File.ReadAllBytesAsync(_fixture.FilePath);
        Assert.Empty(Held());
    }

    /// <summary>This process's locks on the database file: kind and range.</summary>
    private string[] Held()
    {
        string file = $":{FileIdentity.Of(_fixture.FilePath)!.Value.Number}";
        string process = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return File.ReadAllLines(Locks)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[1] == "POSIX" && words[4] == process && words[5].EndsWith(file, StringComparison.Ordinal))
            .Select(words => $"{words[3]} {words[6]} {words[7]}")
            .Distinct().Order().ToArray();
    }
}
