using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Transformation;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base of cmdlets that are about VMs: which.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmCmdletBase : StoreCmdletBase
{
    /// <summary>Names of VMs; wildcards are allowed. Without it, and without input, all VMs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string[]? Name { get; set; }

    /// <summary>A VM's UUID, its identity over restarts and renames. A VM from the pipeline is known by it alone; records and services that have no UUIDs know it by its name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }
}
