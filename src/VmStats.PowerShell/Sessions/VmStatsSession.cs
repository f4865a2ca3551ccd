using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Hypervisors;
using VmStats.PowerShell.Jobs;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Sessions;

/// <summary>
/// The state that the cmdlets of one runspace share: the default connection, the connection that the environment names, open
/// hypervisors, collectors and jobs. A runspace of ForEach-Object -Parallel has its own session.
/// </summary>
internal sealed class VmStatsSession
{
    private static readonly ConditionalWeakTable<Runspace, VmStatsSession> s_sessions = [];

    private readonly object _gate = new();
    private readonly Dictionary<string, IHypervisor> _hypervisors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IHypervisor> _shown = new(StringComparer.Ordinal);
    private readonly List<MemoryDumpJob> _jobs = [];
    private VmStatsConnection? _fromEnvironment;
    private EnvironmentKey? _environmentKey;
    private bool _defaultStoreNamed;

    private VmStatsSession()
    {
    }

    /// <summary>The session of the current thread's runspace.</summary>
    internal static VmStatsSession Current => s_sessions.GetValue(Runspace.DefaultRunspace, _ => new VmStatsSession());

    /// <summary>The collectors of this session.</summary>
    internal CollectorRegistry Collectors { get; } = new();

    /// <summary>The connection made by Connect-VmStats, or null.</summary>
    internal VmStatsConnection? Connected { get; private set; }

    /// <summary>Closes the session of this runspace when the module is removed from it; other runspaces are not affected.</summary>
    internal static void CloseCurrent()
    {
        if (Runspace.DefaultRunspace is Runspace runspace && s_sessions.TryGetValue(runspace, out VmStatsSession? session))
        {
            s_sessions.Remove(runspace);
            session.Close();
        }
    }

    /// <summary>Opens a store without contacting it.</summary>
    /// <param name="options">The options of the connection.</param>
    /// <param name="source">The source of its address.</param>
    /// <param name="waitsForNobody">Whether a store file is opened on first use only, since it may be locked.</param>
    internal static VmStatsConnection Open(ConnectionOptions options, string source, bool waitsForNobody = false)
    {
        ConnectionOptions complete = options.WithUrlCredentials();
        return new(
            complete,
            waitsForNobody ? StoreFactory.OpenDeferred(complete, InfrastructureLoader.Current) : StoreFactory.Open(complete, InfrastructureLoader.Current),
            source);
    }

    /// <summary>Makes a connection the default of this runspace, and closes the previous one.</summary>
    internal void SetDefault(VmStatsConnection? connection)
    {
        lock (_gate)
        {
            if (Connected is VmStatsConnection old && !ReferenceEquals(old, connection))
            {
                old.IsDefault = false;
                Close(old);
            }

            Connected = connection;
            if (connection is not null)
            {
                connection.IsDefault = true;
            }
        }
    }

    /// <summary>Returns the connection for a command without -Connection: the one from Connect-VmStats, otherwise the one that the environment names now.</summary>
    /// <param name="settings">The settings from the environment.</param>
    /// <param name="waitsForNobody">As in <see cref="Open"/>.</param>
    internal VmStatsConnection Resolve(VmStatsSettings settings, bool waitsForNobody = false)
    {
        lock (_gate)
        {
            if (Connected is VmStatsConnection connected)
            {
                return connected;
            }

            EnvironmentKey key = EnvironmentKey.Of(settings.Connection);
            if (_fromEnvironment is null || key != _environmentKey)
            {
                if (_fromEnvironment is VmStatsConnection old)
                {
                    Close(old);
                }

                _fromEnvironment = Open(settings.Connection, settings.Connection.UrlSource, waitsForNobody);
                _environmentKey = key;
            }

            return _fromEnvironment;
        }
    }

    /// <summary>Returns an open hypervisor: one per URI and session, since the clock of a simulated fleet must continue between commands.</summary>
    /// <param name="uri">Its URI; null for the default one.</param>
    /// <param name="settings">Supplies the default hypervisor and the timeout.</param>
    /// <param name="asShown">Whether to look first for a URI that was registered by <see cref="RegisterShownUri"/>, since objects from the pipeline carry that form.</param>
    internal IHypervisor OpenHypervisor(string? uri, VmStatsSettings settings, bool asShown = false)
    {
        string key = uri ?? settings.LibvirtUri ?? "";
        lock (_gate)
        {
            if (asShown && _shown.TryGetValue(key, out IHypervisor? shown))
            {
                return shown;
            }

            if (!_hypervisors.TryGetValue(key, out IHypervisor? hypervisor))
            {
                hypervisor = HypervisorFactory.Open(key.Length == 0 ? null : key, settings);
                _hypervisors.Add(key, hypervisor);
            }

            return hypervisor;
        }
    }

    /// <summary>
    /// Registers a hypervisor under the URI that its VMs show. That URI omits users and secrets, so on its own it may not be
    /// enough to reach the hypervisor of a VM from the pipeline.
    /// </summary>
    internal void RegisterShownUri(IHypervisor hypervisor)
    {
        string uri = hypervisor.Uri;
        lock (_gate)
        {
            _shown[uri] = hypervisor;
        }
    }

    /// <summary>Starts a job; it is stopped when this session ends, since it uses the session's hypervisors.</summary>
    internal void Start(MemoryDumpJob job)
    {
        lock (_gate)
        {
            _jobs.RemoveAll(old => old.Completion.IsCompleted);
            job.Start();
            _jobs.Add(job);
        }
    }

    /// <summary>Returns true the first time that this session falls back to the default store.</summary>
    internal bool ShouldWarnAboutDefaultStore(VmStatsConnection connection)
    {
        if (connection.Options.Url is not null || _defaultStoreNamed)
        {
            return false;
        }

        _defaultStoreNamed = true;
        return true;
    }

    private static void Close(VmStatsConnection connection) =>
        connection.CloseAsync().AsTask().GetAwaiter().GetResult();

    private void Close()
    {
        // Collectors and jobs are stopped first, since they use the stores and hypervisors that are closed next.
        Collectors.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _jobs.ForEach(job => job.StopJob());
        lock (_gate)
        {
            SetDefault(null);
            if (_fromEnvironment is VmStatsConnection connection)
            {
                Close(connection);
                _fromEnvironment = null;
            }

            foreach (IHypervisor hypervisor in _hypervisors.Values)
            {
                hypervisor.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            _hypervisors.Clear();
            _shown.Clear();
        }
    }

    // Compares secrets by their text, so that a new token in the environment makes a new connection.
    private sealed record EnvironmentKey(ConnectionOptions WithoutSecrets, string? Token, string? Password)
    {
        internal static EnvironmentKey Of(ConnectionOptions options) =>
            new(options with { Token = null, Password = null }, options.Token?.Reveal(), options.Password?.Reveal());

        public override string ToString() => nameof(EnvironmentKey);
    }
}
