using System.ComponentModel;
using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Text;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base class of cmdlets that read dump records, selected by VM and time.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class MemoryDumpRecordCmdletBase : VmCmdletBase
{
    private readonly List<string> _names = [];
    private readonly HashSet<Guid> _uuids = [];
    private readonly HashSet<string> _namesOfUuids = new(StringComparer.Ordinal);

    /// <summary>Only dumps that began at this time or later: a time, or a duration before now.</summary>
    [Parameter]
    [TimeTransformation]
    public DateTimeOffset? Start { get; set; }

    /// <summary>Only dumps that began before this time: a time, or a duration before now.</summary>
    [Parameter]
    [TimeTransformation]
    [Alias("End")]
    public DateTimeOffset? Finish { get; set; }

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.ThrowIfNamedTwice(MyInvocation);

    /// <inheritdoc/>
    private protected override void Process()
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
    private protected sealed override void End()
    {
        if (MyInvocation.ExpectingInput && _names.Count == 0 && _uuids.Count == 0)
        {
            return;
        }

        MemoryDumpRecords records = new(Store);
        MemoryDumpFilter filter = Filter();
        Run((output, cancellationToken) => ReadAsync(records, filter, output, cancellationToken));
    }

    /// <summary>Reads the records that match the filter, and writes the results.</summary>
    private protected abstract Task ReadAsync(
        MemoryDumpRecords records, MemoryDumpFilter filter, CommandOutput output, CancellationToken cancellationToken);

    /// <summary>Creates the filter for the records from the cmdlet's arguments.</summary>
    private protected virtual MemoryDumpFilter Filter()
    {
        NamePattern[] patterns = _names.Select(name => new NamePattern(name)).ToArray();
        bool isByName = _uuids.Count == 0 && patterns.All(pattern => !pattern.IsWildcard);
        return new MemoryDumpFilter
        {
            Names = isByName && patterns.Length > 0 ? [.. _names] : null,
            MatchesVm = isByName ? null : record => MatchesVm(record, patterns),
            Start = Start,
            Finish = Finish,
        };
    }

    // A VM given by UUID doesn't match another VM of the same name, for example on another host.
    private bool MatchesVm(MemoryDumpRecord record, NamePattern[] patterns) =>
        (record.Uuid is Guid uuid ? _uuids.Contains(uuid) : _namesOfUuids.Contains(record.Name))
        || patterns.Any(pattern => pattern.IsWildcard ? pattern.Matches(record.Name) : pattern.Text == record.Name);
}
