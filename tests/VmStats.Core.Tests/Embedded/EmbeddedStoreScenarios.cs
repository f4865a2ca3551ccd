using VmStats.Core.Tests.Stores;
using VmStats.Stores;

namespace VmStats.Core.Tests.Embedded;

/// <summary>The scenarios on the embedded store.</summary>
public sealed class EmbeddedStoreScenarios : StoreScenarios, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-store-").FullName;

    private protected override ValueTask<ITelemetryStore> OpenAsync() =>
        ValueTask.FromResult(new VmStats.Infrastructure.Infrastructure().OpenEmbeddedStore(Path.Combine(_folder, "t.db"), retention: null));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
