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
/// What the cmdlets of one runspace share: the default connection, the one that the environment names, and open
/// hypervisors. A runspace of ForEach-Object -Parallel has its own.
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

    /// <summary>The session of the runspace that this thread runs.</summary>
    internal static VmStatsSession Current => s_sessions.GetValue(Runspace.DefaultRunspace, _ => new VmStatsSession());

    /// <summary>The collectors of this session.</summary>
    internal CollectorRegistry Collectors { get; } = new();

    /// <summary>The connection made by Connect-VmStats, or null.</summary>
    internal VmStatsConnection? Connected { get; private set; }

    /// <summary>Closes everything of this runspace; the module is being removed from it. Other runspaces go on.</summary>
    internal static void CloseCurrent()
    {
        if (Runspace.DefaultRunspace is Runspace runspace && s_sessions.TryGetValue(runspace, out VmStatsSession? session))
        {
            s_sessions.Remove(runspace);
            session.Close();
        }
    }

    /// <summary>Opens a store without asking it anything.</summary>
    /// <param name="options">Which.</param>
    /// <param name="source">Where its address came from.</param>
    /// <param name="waitsForNobody">A file is opened by its first use only: it may be locked.</param>
    internal static VmStatsConnection Open(ConnectionOptions options, string source, bool waitsForNobody = false)
    {
        ConnectionOptions complete = options.WithUrlCredentials();
        return new(
            complete,
            waitsForNobody ? StoreFactory.Defer(complete, InfrastructureLoader.Current) : StoreFactory.Open(complete, InfrastructureLoader.Current),
            source);
    }

    /// <summary>Makes a connection the default of this runspace, in place of the one before.</summary>
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

    /// <summary>The connection of a command that was given none: Connect-VmStats's, else what the environment names now.</summary>
    /// <param name="settings">What the environment says.</param>
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

    /// <summary>An open hypervisor; one per URI and session, since a simulated fleet's clock must go on between commands.</summary>
    /// <param name="uri">Its URI; null for the usual one.</param>
    /// <param name="settings">Where the usual one and the time-out come from.</param>
    /// <param name="asShown">Whether the URI is one that <see cref="Show"/> has seen, as objects that come down the pipeline have it.</param>
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
    /// Remembers a hypervisor by the URI that its VMs show. Users and secrets are left out of that one, so that a VM which
    /// comes down the pipeline couldn't be reached by it.
    /// </summary>
    internal void Show(IHypervisor hypervisor)
    {
        string uri = hypervisor.Uri;
        lock (_gate)
        {
            _shown[uri] = hypervisor;
        }
    }

    /// <summary>Starts a job, which ends with this session at the latest: it uses its hypervisors.</summary>
    internal void Start(MemoryDumpJob job)
    {
        lock (_gate)
        {
            _jobs.RemoveAll(old => old.Completion.IsCompleted);
            job.Start();
            _jobs.Add(job);
        }
    }

    /// <summary>True the first time that the unnamed default store is used in this session.</summary>
    internal bool MustNameDefaultStore(VmStatsConnection connection)
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
        // The collectors and jobs first: they write to the stores and poll the hypervisors that are closed next.
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

    // Secrets compare by their text here, so that a new token in the environment makes a new connection.
    private sealed record EnvironmentKey(ConnectionOptions WithoutSecrets, string? Token, string? Password)
    {
        internal static EnvironmentKey Of(ConnectionOptions options) =>
            new(options with { Token = null, Password = null }, options.Token?.Reveal(), options.Password?.Reveal());

        public override string ToString() => nameof(EnvironmentKey);
    }
}
