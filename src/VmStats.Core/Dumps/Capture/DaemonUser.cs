using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>Determines which user a hypervisor's daemon opens files as.</summary>
internal static class DaemonUser
{
    private const uint Root = 0;

    /// <summary>The user id behind a libvirt URI: the owner of the named socket, root for the system daemon, otherwise the current user.</summary>
    public static uint Of(string uri)
    {
        string path = uri, query = "";
        int mark = uri.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
        {
            (path, query) = (uri[..mark], uri[(mark + 1)..]);
        }

        string? socket = query.Split('&')
            .Where(part => part.StartsWith("socket=", StringComparison.Ordinal))
            .Select(part => Uri.UnescapeDataString(part["socket=".Length..]))
            .FirstOrDefault();
        if (socket is not null && Libc.Stat(socket, followLinks: true) is (uint owner, _))
        {
            return owner;
        }

        // A driver that runs in this process (embedded, simulated, test driver) opens files as the current user, and so does a session daemon.
        return path.EndsWith("/system", StringComparison.Ordinal) ? Root : Libc.EffectiveUserId;
    }
}
