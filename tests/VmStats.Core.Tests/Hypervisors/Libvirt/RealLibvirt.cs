using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

/// <summary>One libvirtd with one running Linux guest for all tests of a class; nothing where libvirt isn't installed.</summary>
public sealed class RealLibvirt : IAsyncLifetime
{
    // 128 MiB boot in seconds; a larger guest is for a run by hand.
    private static readonly int s_memoryMiB = int.Parse(
        Environment.GetEnvironmentVariable("VMSTATS_TEST_GUEST_MIB") ?? "128", System.Globalization.CultureInfo.InvariantCulture);

    private LibvirtSession? _session;
    private GuestVm? _guest;

    public LibvirtSession Session => _session ?? throw new InvalidOperationException("Require the part first.");

    public GuestVm Guest => _guest ?? throw new InvalidOperationException("Require the part first.");

    public string Marker { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (LibvirtSession.WhyAbsent is null)
        {
            _session = await LibvirtSession.StartAsync();
            _guest = await _session.DefineAndStartAsync("guest", s_memoryMiB);
            Marker = await LibvirtSession.WaitForGuestAsync(_guest);
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
