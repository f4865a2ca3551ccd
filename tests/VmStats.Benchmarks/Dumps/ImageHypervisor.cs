using System.Diagnostics;
using VmStats.Hypervisors;

namespace VmStats.Benchmarks.Dumps;

/// <summary>A host with one VM whose memory is a file: another process copies it to where the dump is wanted, as QEMU would.</summary>
internal sealed class ImageHypervisor(string image) : IHypervisor
{
    public string Uri => "bench:///image";

    public string HostName => Environment.MachineName;

    public bool IsSimulated => true;

    public bool IsLocal => true;

    public TimeProvider Clock => TimeProvider.System;

    public VmInfo Vm { get; } = new("image", new Guid("6d1d9d3a-98d9-4a39-9d35-1c3d7a5f0b11"), 1, VmState.Running, 1, 1, 1, 1);

    public ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<VmInfo>>([Vm]);

    public ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken)
    {
        using Process copy = Process.Start("dd", ["if=" + image, "of=" + path, "bs=1M", "conv=notrunc", "status=none"]);
        await copy.WaitForExitAsync(cancellationToken);
    }

    public ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken) => ValueTask.FromResult<CoreDumpProgress?>(null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
