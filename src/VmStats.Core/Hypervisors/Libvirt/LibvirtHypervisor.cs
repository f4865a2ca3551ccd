using VmStats.Hypervisors.Libvirt.Native;
using VmStats.Points;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>
/// A host reached through libvirt. The connection is opened by the first call. The caller stops waiting for a call
/// after the timeout or on cancellation; libvirt may continue it in the background.
/// </summary>
internal sealed class LibvirtHypervisor : IHypervisor
{
    private readonly string? _uri;
    private readonly TimeSpan _timeout;
    private readonly LibvirtConnection _connection;
    private OpenedConnection? _opened;

    public LibvirtHypervisor(string? uri, TimeSpan timeout)
    {
        _uri = uri;
        _timeout = timeout;
        _connection = new LibvirtConnection(uri, timeout);
    }

    public string Uri => HasFullUri ? LibvirtUri.Redact(_uri!) : Opened().Uri;

    public string HostName => Opened().HostName;

    public bool IsSimulated => false;

    public bool IsLocal => LibvirtUri.IsLocal(HasFullUri ? _uri! : Opened().Uri);

    public TimeProvider Clock => TimeProvider.System;

    private bool HasFullUri => _uri is not null && _uri.Contains("://", StringComparison.Ordinal);

    /// <summary>Connects now instead of at the first call.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) =>
        _opened = await _connection.OpenAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken)
    {
        List<VmInfo> vms = await RunAsync("listing the VMs", DomainReader.List, cancellationToken).ConfigureAwait(false);
        vms.Sort(static (x, y) => string.CompareOrdinal(x.Name, y.Name));
        return vms;
    }

    public async ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        List<VmStatistics> vms = await RunAsync(
            "reading the VMs' counters", connection => DomainReader.Statistics(connection, ReadClock), cancellationToken)
            .ConfigureAwait(false);
        vms.Sort(static (x, y) => string.CompareOrdinal(x.Vm.Name, y.Vm.Name));
        return vms;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Cancellation ends the wait, not the dump: libvirt refuses to abort a memory-only dump. Closing the FIFO's read
    /// end ends it; <see cref="GetDumpProgressAsync"/> returns null once the VM is no longer locked by the dump. There
    /// is no timeout: the caller decides how long a dump may take.
    /// </remarks>
    public async Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken)
    {
        // A daemon processes five calls of a connection at a time: dumps use a separate connection so that they don't block other calls.
        LibvirtConnection connection = new(_uri, _timeout);
        await using (connection.ConfigureAwait(false))
        {
            (DomainHandle domain, string name) = await FindAsync(connection, vm, cancellationToken).ConfigureAwait(false);
            using (domain)
            {
                DumpRequest request = new(vm, name, Path.GetFullPath(path));
                await BlockingCall
                    .StartAsync(() => Dump(domain, request, options))
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    public async ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.RunAsync(
                "asking for a dump's progress",
                connection =>
                {
                    using DomainHandle domain = DomainDumper.Find(connection, vm);
                    return DomainDumper.Progress(domain);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            throw LibvirtErrors.OfVm(e, vm, vm.ToString("D"), _connection.DisplayUri);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static async Task<(DomainHandle Domain, string Name)> FindAsync(
        LibvirtConnection connection, Guid vm, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.RunAsync(
                "looking up the VM",
                opened =>
                {
                    DomainHandle domain = DomainDumper.Find(opened, vm);
                    return (domain, DomainDumper.Name(domain));
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            throw LibvirtErrors.OfVm(e, vm, vm.ToString("D"), connection.DisplayUri);
        }
    }

    private static long ReadClock() => UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);

    private bool Dump(DomainHandle domain, DumpRequest request, CoreDumpOptions options)
    {
        try
        {
            DomainDumper.Dump(domain, request.Path, options);
            return true;
        }
        catch (LibvirtException e)
        {
            bool isActive = LibvirtNative.IsActive(domain) == 1;
            throw LibvirtErrors.OfDump(e, request, options, _connection.DisplayUri, isActive);
        }
    }

    private async Task<T> RunAsync<T>(string what, Func<OpenedConnection, T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.RunAsync(what, call, cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            throw LibvirtErrors.Calling(e, _connection.DisplayUri);
        }
    }

    // The interface's properties are synchronous; connecting ends at the timeout at the latest.
    private OpenedConnection Opened() =>
        _opened ??= _connection.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
}
