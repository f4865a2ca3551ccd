using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Commands;

/// <summary>Closes the session's connection; cmdlets then use the store that the environment names.</summary>
/// <example>
/// <code>Disconnect-VmStats</code>
/// Returns to the store that the environment names.
/// </example>
/// <example>
/// <code>$lab | Disconnect-VmStats</code>
/// Closes a connection that Connect-VmStats -PassThru returned.
/// </example>
[Cmdlet(VerbsCommunications.Disconnect, "VmStats")]
[OutputType(typeof(void))]
public sealed class DisconnectVmStatsCommand : VmStatsCmdletBase
{
    /// <summary>The connection to close, from Connect-VmStats -PassThru. By default, the default connection of this session.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public VmStatsConnection? Connection { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmStatsSession session = VmStatsSession.Current;
        if (Connection is null || ReferenceEquals(Connection, session.Connected))
        {
            session.SetDefault(null);
        }
        else
        {
            Run((_, _) => Connection.CloseAsync().AsTask());
        }
    }
}
