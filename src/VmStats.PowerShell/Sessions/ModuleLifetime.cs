using System.Management.Automation;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Sessions;

/// <summary>Closes connections, hypervisors and pooled files when the module is removed. Nothing happens at import.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        VmStatsSession.CloseCurrent();
        InfrastructureLoader.Release();
    }
}
