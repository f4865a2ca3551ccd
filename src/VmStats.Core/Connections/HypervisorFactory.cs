using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.Hypervisors.Libvirt;
using VmStats.Hypervisors.Libvirt.Native;
using VmStats.Hypervisors.Simulated;

namespace VmStats.Connections;

/// <summary>Opens hypervisors.</summary>
internal static class HypervisorFactory
{
    /// <summary>
    /// Opens the hypervisor for a URI; a simulated fleet only for <c>sim://</c>. The connection to libvirt is made by
    /// the first call (or by <see cref="IHypervisor.HostName"/>, which then may take up to
    /// <see cref="VmStatsSettings.LibvirtTimeout"/>); <see cref="OpenAsync"/> connects immediately.
    /// </summary>
    /// <param name="uri">
    /// A libvirt URI or <c>sim://…</c>; null for <see cref="VmStatsSettings.LibvirtUri"/>, then libvirt's own default.
    /// </param>
    /// <param name="settings">The settings with the default URI and the timeout.</param>
    /// <exception cref="VmStatsException"><c>InvalidHypervisorUri</c>, or <c>LibvirtNotInstalled</c>.</exception>
    public static IHypervisor Open(string? uri, VmStatsSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string? name = string.IsNullOrWhiteSpace(uri) ? settings.LibvirtUri : uri.Trim();
        if (name is not null && name.StartsWith(SimulatedFleetOptions.Scheme + ":", StringComparison.OrdinalIgnoreCase))
        {
            return new SimulatedHypervisor(name, SimulatedFleetOptions.Parse(name));
        }

        if (name is not null)
        {
            LibvirtUri.Validate(name);
        }

        LibvirtLibrary.Require();
        return new LibvirtHypervisor(name, settings.LibvirtTimeout);
    }

    /// <summary>As <see cref="Open"/>, but already connected.</summary>
    /// <param name="uri">A libvirt URI or <c>sim://…</c>, or null.</param>
    /// <param name="settings">The settings with the default URI and the timeout.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="VmStatsException">
    /// As <see cref="Open"/>, and <c>HypervisorUnreachable</c>, <c>LibvirtPermissionDenied</c>, <c>LibvirtTimeout</c>.
    /// </exception>
    public static async Task<IHypervisor> OpenAsync(
        string? uri, VmStatsSettings settings, CancellationToken cancellationToken = default)
    {
        IHypervisor hypervisor = Open(uri, settings);
        if (hypervisor is LibvirtHypervisor libvirt)
        {
            try
            {
                await libvirt.OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await libvirt.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        return hypervisor;
    }
}
