using System.ComponentModel;
using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Text;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The root of cmdlets that read dump records: which VMs, and of what time.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class MemoryDumpRecordCmdletBase : StoreCmdletBase
{
    private readonly List<string> _names = [];
    private readonly HashSet<Guid> _uuids = [];
    private readonly HashSet<string> _namesOfUuids = new(StringComparer.Ordinal);

    /// <summary>Names of VMs; wildcards are allowed. Without it, and without input, all VMs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>A VM's UUID. Records of the original's programs have none: those are found by the VM's name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>Only dumps begun then or later: a time, or a duration ago.</summary>
    [Parameter]
    [TimeTransformation]
    public DateTimeOffset? Start { get; set; }

    /// <summary>Only dumps begun before then: a time, or a duration ago.</summary>
    [Parameter]
    [TimeTransformation]
    [Alias("End")]
    public DateTimeOffset? Finish { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Guard(() => VmTargets.RefuseNamedTwice(MyInvocation));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Uuid is Guid uuid)
        {
            _uuids.Add(uuid);
            _namesOfUuids.UnionWith(Name ?? []);
        }
        else
        {
            _names.AddRange(Name ?? []);
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && _names.Count == 0 && _uuids.Count == 0)
        {
            return;
        }

        MemoryDumpRecords records = new(Store);
        MemoryDumpFilter filter = Filter();
        Run((output, cancellationToken) => ReadAsync(records, filter, output, cancellationToken));
    }

    /// <summary>Reads and writes what was asked for.</summary>
    private protected abstract Task ReadAsync(
        MemoryDumpRecords records, MemoryDumpFilter filter, CommandOutput output, CancellationToken cancellationToken);

    /// <summary>What the arguments narrow the records to.</summary>
    private protected virtual MemoryDumpFilter Filter()
    {
        NamePattern[] patterns = _names.Select(name => new NamePattern(name)).ToArray();
        bool isByName = _uuids.Count == 0 && patterns.All(pattern => !pattern.IsWildcard);
        return new MemoryDumpFilter
        {
            Names = isByName && patterns.Length > 0 ? [.. _names] : null,
            MatchesVm = isByName ? null : record => IsAsked(record, patterns),
            Start = Start,
            Finish = Finish,
        };
    }

    // Another VM of the same name, on another host perhaps, isn't the one that is known by its UUID.
    private bool IsAsked(MemoryDumpRecord record, NamePattern[] patterns) =>
        (record.Uuid is Guid uuid ? _uuids.Contains(uuid) : _namesOfUuids.Contains(record.Name))
        || patterns.Any(pattern => pattern.IsWildcard ? pattern.Matches(record.Name) : pattern.Text == record.Name);
}
