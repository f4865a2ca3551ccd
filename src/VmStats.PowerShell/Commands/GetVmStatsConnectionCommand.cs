using System.Management.Automation;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>
/// Shows the connection that the cmdlets of this session use, and where it came from.
/// </summary>
[Cmdlet(VerbsCommon.Get, "VmStatsConnection")]
[OutputType(typeof(VmStatsConnection))]
public sealed class GetVmStatsConnectionCommand : StoreCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(ResolvedConnection);
}
