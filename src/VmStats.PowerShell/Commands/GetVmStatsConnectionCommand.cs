using System.Management.Automation;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the connection that the cmdlets of this session use, and where its settings come from.</summary>
/// <example>
/// <code>Get-VmStatsConnection</code>
/// Shows which store is used.
/// </example>
/// <example>
/// <code>(Get-VmStatsConnection).Source</code>
/// Shows where the address comes from: Connect-VmStats, a variable, or the default.
/// </example>
[Cmdlet(VerbsCommon.Get, "VmStatsConnection")]
[OutputType(typeof(VmStatsConnection))]
public sealed class GetVmStatsConnectionCommand : StoreCmdletBase
{
    /// <inheritdoc/>
    private protected override void End() => WriteObject(ResolvedConnection);
}
