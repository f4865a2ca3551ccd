using System.Management.Automation;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>Shows the connection that the cmdlets of this session use, and where it came from.</summary>
/// <example>
/// <code>Get-VmStatsConnection</code>
/// Which store would be read?
/// </example>
/// <example>
/// <code>(Get-VmStatsConnection).Source</code>
/// Who said so: Connect-VmStats, a variable, or nobody?
/// </example>
[Cmdlet(VerbsCommon.Get, "VmStatsConnection")]
[OutputType(typeof(VmStatsConnection))]
public sealed class GetVmStatsConnectionCommand : StoreCmdletBase
{
    /// <inheritdoc/>
    private protected override void End() => WriteObject(ResolvedConnection);
}
