using System.Management.Automation;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Transformation;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Removes memory dumps by age, count or size, or puts them on hold; each step is in the folder's ledger.</summary>
/// <remarks>
/// Dumps down the pipeline, or of -Path, narrow what is looked at, wherever they are; without a rule these go themselves.
/// A dump on hold stays. The only verified dump of a VM (by Test-MemoryDump -Record), or its last one where none was
/// verified, stays unless -Force is given. Records in the store are kept.
///
/// -Interrupted clears away what dumps left whose process died, and records them; the next Invoke-MemoryDump does the
/// same. A dump that another process takes is never touched.
/// </remarks>
/// <example>
/// <code>Remove-MemoryDump -OlderThan 30d -KeepLast 3 -WhatIf</code>
/// What would go: dumps older than thirty days, and all but the three newest of each VM.
/// </example>
/// <example>
/// <code>Remove-MemoryDump -Name db01 -Hold</code>
/// Puts every dump of db01 on hold; -Release lifts it.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Remove-MemoryDump -Hold</code>
/// Puts the newest dump of db01 on hold.
/// </example>
/// <example>
/// <code>Remove-MemoryDump -Interrupted</code>
/// Clears up after a crash, and gives the records that were made of it.
/// </example>
[Cmdlet(VerbsCommon.Remove, "MemoryDump", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = PolicySet)]
[OutputType(typeof(MemoryDumpRemoval), typeof(MemoryDumpFile), typeof(MemoryDumpRecord))]
public sealed class RemoveMemoryDumpCommand : StoreCommand
{
    private const string PolicySet = "Policy";
    private const string HoldSet = "Hold";
    private const string ReleaseSet = "Release";
    private const string InterruptedSet = "Interrupted";

    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private bool _isNarrowed;

    /// <summary>The dump folder. Without it DUMP_DIR, else the default folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>Only dumps of these VMs; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Only these dumps, as Invoke-MemoryDump and Get-MemoryDumpRecord give them; wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = PolicySet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = HoldSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ReleaseSet)]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    public string?[]? Path { get; set; }

    /// <summary>Dumps older than this: 30d, 2w.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [DurationTransformation]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>All but so many newest of each VM.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [ValidateRange(0, int.MaxValue)]
    public int? KeepLast { get; set; }

    /// <summary>The oldest, until the folder's dumps take no more than so many bytes: 500GB.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [ValidateRange(0, long.MaxValue)]
    public long? MaximumSize { get; set; }

    /// <summary>Also the only verified dump of a VM.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts the dumps on hold instead of removing any.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HoldSet)]
    public SwitchParameter Hold { get; set; }

    /// <summary>Lifts the hold.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReleaseSet)]
    public SwitchParameter Release { get; set; }

    /// <summary>Clears away what interrupted dumps left in the folder, instead of removing any that is whole.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InterruptedSet)]
    public SwitchParameter Interrupted { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() =>
        // A pipeline that brings nothing asks for nothing, never for the whole folder.
        _isNarrowed = MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(Path));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string? path in Path ?? [])
        {
            if (!string.IsNullOrEmpty(path))
            {
                _paths.UnionWith(Guard(() => DumpPaths.Resolve(SessionState.Path, path)));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string folder = DumpFolder(Folder);
        if (Interrupted)
        {
            ClearUp(folder);
            return;
        }

        if (!_isNarrowed)
        {
            WorkOn(folder, null);
            return;
        }

        foreach (IGrouping<string, string> files in _paths.GroupBy(path => System.IO.Path.GetDirectoryName(path) ?? folder))
        {
            WorkOn(files.Key, [.. files]);
        }
    }

    private void WorkOn(string folder, HashSet<string>? files)
    {
        MemoryDumpRetention retention = new(folder, TimeProvider.System);
        NamePattern[]? patterns = Name?.Select(name => new NamePattern(name)).ToArray();
        bool IsWanted(MemoryDumpFile dump) =>
            (patterns is null || patterns.Any(pattern => pattern.Matches(dump.Name))) && files?.Contains(dump.Path) != false;
        IReadOnlyList<MemoryDumpFile> listed = Guard(retention.List);
        if (files is not null)
        {
            ReportMissing(listed, files);
        }

        if (ParameterSetName == PolicySet)
        {
            bool hasRule = OlderThan is not null || KeepLast is not null || MaximumSize is not null;
            Remove(retention, listed, new RetentionPolicy
            {
                OlderThan = OlderThan,
                KeepLast = KeepLast,
                MaximumBytes = MaximumSize,
                Paths = hasRule ? null : files,
                Where = IsWanted,
                Force = Force,
            });
        }
        else
        {
            SetHold(retention, listed.Where(IsWanted));
        }
    }

    private void ReportMissing(IReadOnlyList<MemoryDumpFile> listed, HashSet<string> files)
    {
        HashSet<string> known = [.. listed.Select(dump => dump.Path)];
        foreach (string file in files.Where(file => !known.Contains(file)))
        {
            WriteError(DumpErrors.NotFound(file));
        }
    }

    private void Remove(MemoryDumpRetention retention, IReadOnlyList<MemoryDumpFile> listed, RetentionPolicy policy)
    {
        foreach (MemoryDumpRemoval removal in Guard(() => retention.Plan(policy, listed)))
        {
            if (removal.KeptBecause is string why)
            {
                WriteVerbose($"{removal.Dump.Path} stays: {why}.");
                WriteObject(removal);
            }
            else if (ShouldProcess($"{removal.Dump.Path} ({removal.Reason})", "Remove memory dump"))
            {
                RemoveOne(retention, removal);
            }
        }
    }

    private void ClearUp(string folder)
    {
        if (ShouldProcess(folder, "Clear away what interrupted memory dumps left"))
        {
            Guard(() => MemoryDumps.DumpFolder.RefuseUnsafe(folder));
            DumpRecovery recovery = new(new DumpStateStore(MemoryDumpPaths.DefaultStateFolder), new DumpRecorder(Store, MemoryDumpPaths.DefaultStateFolder));
            WriteObject(Compute((_, _) => recovery.RecoverAsync(folder)), enumerateCollection: true);
        }
    }

    // What goes wrong with one dump doesn't keep the others.
    private void RemoveOne(MemoryDumpRetention retention, MemoryDumpRemoval removal) => Run(async (output, cancellationToken) =>
    {
        try
        {
            output.Write(await retention.RemoveAsync(removal, Force, null, cancellationToken));
        }
        catch (VmStatsException e)
        {
            output.Error(e);
        }
    });

    private void SetHold(MemoryDumpRetention retention, IEnumerable<MemoryDumpFile> dumps)
    {
        foreach (MemoryDumpFile dump in dumps)
        {
            if (ShouldProcess(dump.Path, Hold ? "Put on hold" : "Release from hold"))
            {
                Run((_, cancellationToken) => retention.HoldAsync(dump, Hold, null, null, cancellationToken));
                WriteObject(dump with { IsHeld = Hold });
            }
        }
    }
}
