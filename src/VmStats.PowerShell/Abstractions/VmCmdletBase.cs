using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Transformation;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base class of cmdlets that select VMs by name or UUID.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmCmdletBase : StoreCmdletBase
{
    /// <summary>The names of VMs; wildcards are allowed. By default, and without pipeline input, all VMs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string[]? Name { get; set; }

    /// <summary>The UUID of a VM, which identifies it across restarts and renames. A VM from the pipeline is identified by its UUID, and by its name only in records and services without UUIDs.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }
}
