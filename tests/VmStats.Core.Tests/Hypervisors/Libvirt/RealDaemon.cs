using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

/// <summary>A libvirtd for tests that stop it, or VMs of it; nothing where libvirt isn't installed.</summary>
public sealed class RealDaemon : IAsyncLifetime
{
    private LibvirtSession? _session;

    public LibvirtSession Session => _session ?? throw new InvalidOperationException("Require the part first.");

    public async Task InitializeAsync() =>
        _session = LibvirtSession.WhyAbsent is null ? await LibvirtSession.StartAsync() : null;

    public async Task DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }
    }
}
