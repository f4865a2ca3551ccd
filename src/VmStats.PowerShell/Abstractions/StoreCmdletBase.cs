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

/// <summary>The base of cmdlets that read or write a store.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class StoreCmdletBase : VmStatsCmdletBase
{
    private VmStatsSettings? _settings;
    private VmStatsConnection? _resolved;
    private ObservedStore? _observed;
    private QueryReports? _reports;

    /// <summary>
    /// The connection to use, from Connect-VmStats -PassThru. Without it: the default connection of this session, else what the INFLUX_* variables name, else the embedded store in your data folder.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public VmStatsConnection? Connection { get; set; }

    /// <summary>What the environment says, read once per command.</summary>
    internal VmStatsSettings Settings => _settings ??= InfrastructureLoader.Current.ReadEnvironment();

    /// <summary>The connection of this command. On first use of the unnamed default store in a session, a warning names it.</summary>
    /// <exception cref="VmStatsException">It is closed, or what names it is wrong.</exception>
    private protected VmStatsConnection ResolvedConnection => _resolved ??= Resolve();

    /// <summary>The store of this command; what its queries report is shown as progress and warnings.</summary>
    private protected ITelemetryStore Store => _observed ??= new ObservedStore(ResolvedConnection.Store, _reports = new QueryReports());

    /// <summary>True for a command that must not wait for its store, not even for a file that somebody has locked.</summary>
    private protected virtual bool WaitsForNobody => false;

    /// <summary>The dump folder: the one that was named, else DUMP_DIR, else the default.</summary>
    private protected string DumpFolder(string? named) => named is not null
        ? FilePaths.Resolve(SessionState.Path, named)
        : Settings.DumpDirectory ?? MemoryDumpPaths.DefaultDumpFolder;

    /// <summary>Creates the set of hypervisors that this command uses. To be called before its first record.</summary>
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
            ? session.Resolve(session.Connected is null ? Settings : new VmStatsSettings(), WaitsForNobody)
            : Connection.IsClosed ? throw ConnectionClosed(Connection) : Connection;
        if (session.MustNameDefaultStore(connection))
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
