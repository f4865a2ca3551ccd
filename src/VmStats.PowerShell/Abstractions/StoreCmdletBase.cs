using System.ComponentModel;
using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Dumps;
using VmStats.Errors;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Paths;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Targets;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base class of cmdlets that read or write a store.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class StoreCmdletBase : VmStatsCmdletBase
{
    private VmStatsSettings? _settings;
    private VmStatsConnection? _resolved;
    private ObservedStore? _observed;
    private QueryReporter? _reports;

    /// <summary>
    /// The connection to use, from Connect-VmStats -PassThru. By default the default connection of this session, otherwise the store that the INFLUX_* variables name, otherwise the embedded store in your data folder.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public VmStatsConnection? Connection { get; set; }

    /// <summary>The settings from the environment variables, read once per command.</summary>
    internal VmStatsSettings Settings => _settings ??= InfrastructureLoader.Current.ReadEnvironment();

    /// <summary>The connection of this command. The first time that a session falls back to the default store, a warning names it.</summary>
    /// <exception cref="VmStatsException">The connection is closed, or its configuration is invalid.</exception>
    private protected VmStatsConnection ResolvedConnection => _resolved ??= Resolve();

    /// <summary>The store of this command; reports of its queries are shown as progress, warnings and verbose messages.</summary>
    private protected ITelemetryStore Store => _observed ??= new ObservedStore(ResolvedConnection.Store, _reports = new QueryReporter());

    /// <summary>True for a command that must not wait for its store, not even for a store file that another process has locked.</summary>
    private protected virtual bool OpensWithoutWaiting => false;

    /// <summary>Returns the dump folder: the given one, otherwise DUMP_DIR, otherwise the default.</summary>
    private protected string DumpFolder(string? named) => named is not null
        ? FilePaths.Resolve(SessionState.Path, named)
        : Settings.DumpDirectory ?? MemoryDumpPaths.DefaultDumpFolder;

    /// <summary>Creates the set of hypervisors that this command uses. Must be called before the first pipeline record.</summary>
    private protected HypervisorSet CreateHypervisorSet() => new(MyInvocation, () => Connection?.HypervisorUri, () => Settings, WriteError);

    /// <inheritdoc/>
    private protected sealed override void OutputChanged(CommandOutput? output)
    {
        if (_reports is not null)
        {
            _reports.Output = output;
        }
    }

    private VmStatsConnection Resolve()
    {
        VmStatsSession session = VmStatsSession.Current;
        VmStatsConnection connection = Connection is null
            ? session.Resolve(session.Connected is null ? Settings : new VmStatsSettings(), OpensWithoutWaiting)
            : Connection.IsClosed ? throw ConnectionClosed(Connection) : Connection;
        if (session.ShouldWarnAboutDefaultStore(connection))
        {
            WriteWarning(
                $"No store is connected and none of the INFLUX_* variables names one: using the embedded store {connection.Address}. " +
                "Connect-VmStats, INFLUX_URL or a file: URL names another.");
        }

        WriteVerbose($"Store: {connection}");
        return connection;
    }

    private static VmStatsException ConnectionClosed(VmStatsConnection connection) => new(
        ErrorIds.ConnectionClosed,
        VmStatsErrorKind.InvalidOperation,
        $"The connection to {connection} has been closed.",
        "Make another with Connect-VmStats -PassThru; one without -PassThru ends with the next Connect-VmStats.",
        connection);
}
