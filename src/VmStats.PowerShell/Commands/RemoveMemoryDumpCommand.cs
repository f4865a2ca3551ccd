using System.Management.Automation;
using VmStats.Dumps;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Records;
using VmStats.Dumps.Retention;
using VmStats.Dumps.State;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Dumps;
using VmStats.PowerShell.Paths;
using VmStats.PowerShell.Transformation;

namespace VmStats.PowerShell.Commands;

/// <summary>Removes memory dumps by age, count or size, or puts them on hold; each action is noted in the folder's ledger.</summary>
/// <remarks>
/// -OlderThan and -MaximumSize select the dumps to remove. Dumps that -KeepLast keeps are never removed, whatever the other
/// rules say; -KeepLast alone removes all others. Dumps from the pipeline or -Path, in any folder, limit what the rules apply
/// to; without a rule, exactly these dumps are removed. A dump on hold is kept. The only verified dump of a VM (by
/// Test-MemoryDump -Record), or its last one if none was verified, is kept unless -Force is given. Records in the store are
/// kept.
///
/// A removal asks for confirmation. -Hold and -Release don't, unless -Confirm is given, so that they can be used in scripts.
///
/// -Interrupted deletes what is left of dumps whose process died, and records them; the next Invoke-MemoryDump does the
/// same. A dump that another process is taking is never touched.
/// </remarks>
/// <example>
/// <code>Remove-MemoryDump -OlderThan 30d -KeepLast 3 -WhatIf</code>
/// Shows what would be removed: dumps older than thirty days, except the three newest of each VM.
/// </example>
/// <example>
/// <code>Remove-MemoryDump -Name db01 -Hold</code>
/// Puts every dump of db01 on hold; -Release lifts the hold.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Remove-MemoryDump -Hold</code>
/// Puts the newest dump of db01 on hold.
/// </example>
/// <example>
/// <code>Remove-MemoryDump -Interrupted</code>
/// Cleans up after a crash, and returns the records of the interrupted dumps.
/// </example>
[Cmdlet(VerbsCommon.Remove, "MemoryDump", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PolicySet)]
[OutputType(typeof(MemoryDumpRemoval), typeof(MemoryDumpFile), typeof(MemoryDumpRecord))]
public sealed class RemoveMemoryDumpCommand : StoreCmdletBase
{
    private const string PolicySet = "Policy";
    private const string HoldSet = "Hold";
    private const string ReleaseSet = "Release";
    private const string InterruptedSet = "Interrupted";

    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly Confirmation _confirmation;
    private bool _isNarrowed;

    /// <summary>Creates the cmdlet.</summary>
    public RemoveMemoryDumpCommand() => _confirmation = new Confirmation(this);

    /// <summary>The dump folder. By default DUMP_DIR, otherwise the default folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>Only dumps of these VMs; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Only these dump files, such as those from Invoke-MemoryDump and Get-MemoryDumpRecord; wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = PolicySet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = HoldSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ReleaseSet)]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    public string?[]? Path { get; set; }

    /// <summary>Removes dumps older than this, such as 30d or 2w.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [DurationTransformation]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>The number of newest dumps of each VM to keep. Without another rule, all other dumps are removed; with other rules, it only protects the newest dumps.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [ValidateRange(0, int.MaxValue)]
    public int? KeepLast { get; set; }

    /// <summary>Removes the oldest dumps until the folder's dumps take at most this number of bytes, such as 500GB.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    [ValidateRange(0, long.MaxValue)]
    public long? MaximumSize { get; set; }

    /// <summary>Removes even the only verified dump of a VM.</summary>
    [Parameter(ParameterSetName = PolicySet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts the dumps on hold instead of removing them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HoldSet)]
    public SwitchParameter Hold { get; set; }

    /// <summary>Lifts the hold from the dumps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReleaseSet)]
    public SwitchParameter Release { get; set; }

    /// <summary>Deletes what is left of interrupted dumps in the folder; complete dumps are not removed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InterruptedSet)]
    public SwitchParameter Interrupted { get; set; }

    private bool IsByPolicy => ParameterSetName == PolicySet;

    private bool HasRule => OlderThan is not null || KeepLast is not null || MaximumSize is not null;

    /// <inheritdoc/>
    private protected override void Begin() =>
        // An empty pipeline selects no dumps; it must not select the whole folder.
        _isNarrowed = MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(Path));

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (string? path in Path ?? [])
        {
            if (!string.IsNullOrEmpty(path))
            {
                _paths.UnionWith(DumpPaths.Resolve(SessionState.Path, path));
            }
        }
    }

    /// <inheritdoc/>
    private protected override void End()
    {
        string folder = DumpFolder(Folder);
        if (Interrupted)
        {
            ClearUp(folder);
        }
        else if (!_isNarrowed)
        {
            Check(folder);
            WorkOn(new DumpSelection(folder, Name, null));
        }
        else if (_paths.Count > 0)
        {
            foreach (DumpSelection ofFolder in DumpSelection.ByFolder(_paths, Name))
            {
                WorkOn(ofFolder);
            }
        }
        else
        {
            Report("No dump was given by -Path or from the pipeline: there is nothing to do.", isExpected: IsByPolicy);
        }
    }

    // Without these errors it would look as if there were no dumps to remove.
    private void Check(string folder)
    {
        if (IsByPolicy && !HasRule)
        {
            throw DumpErrors.RuleMissing(folder);
        }

        if (!Directory.Exists(folder))
        {
            throw DumpErrors.FolderNotFound(folder);
        }
    }

    private void WorkOn(DumpSelection selection)
    {
        MemoryDumpRetention retention = new(selection.Folder, TimeProvider.System);
        IReadOnlyList<MemoryDumpFile> listed = retention.List();
        string[] missing = selection.Missing(listed);
        Array.ForEach(missing, file => WriteError(DumpErrors.NotFound(file)));
        MemoryDumpFile[] wanted = [.. listed.Where(selection.Includes)];
        if (wanted.Length == 0 && missing.Length == 0)
        {
            ReportNone(selection);
        }
        else if (IsByPolicy)
        {
            Remove(retention, selection, listed);
        }
        else
        {
            SetHold(retention, wanted);
        }
    }

    // A hold that applies to no dump must be noticed, and so must a wrong folder.
    private void ReportNone(DumpSelection selection)
    {
        if (!IsByPolicy && selection.NamesVms)
        {
            WriteError(DumpErrors.NotFoundOf(string.Join(", ", Name!), selection.Folder));
        }
        else
        {
            Report($"There is no dump{selection.VmSuffix} in the folder '{selection.Folder}'.", isExpected: false);
        }
    }

    private void Report(string text, bool isExpected)
    {
        if (isExpected)
        {
            WriteVerbose(text);
        }
        else
        {
            WriteWarning(text);
        }
    }

    private void Remove(MemoryDumpRetention retention, DumpSelection selection, IReadOnlyList<MemoryDumpFile> listed)
    {
        RetentionPolicy policy = new()
        {
            OlderThan = OlderThan,
            KeepLast = KeepLast,
            MaximumBytes = MaximumSize,
            Paths = HasRule ? null : selection.Files,
            Where = selection.Includes,
            Force = Force,
        };
        IReadOnlyList<MemoryDumpRemoval> planned = retention.Plan(policy, listed);
        if (planned.Count == 0)
        {
            Report($"The rules select none of the {listed.Count(selection.Includes)} dumps{selection.VmSuffix} in the folder '{selection.Folder}'.", isExpected: true);
        }

        foreach (MemoryDumpRemoval removal in planned)
        {
            if (removal.KeptBecause is string why)
            {
                WriteVerbose($"{removal.Dump.Path} is kept: {why}.");
                WriteObject(removal);
            }
            else if (Confirm($"Remove the memory dump {removal.Dump.Path} ({removal.Reason})"))
            {
                RemoveOne(retention, removal, policy);
            }
        }
    }

    // A failure to remove one dump doesn't stop the removal of the others.
    private void RemoveOne(MemoryDumpRetention retention, MemoryDumpRemoval removal, RetentionPolicy policy) => Run(async (output, cancellationToken) =>
    {
        try
        {
            output.Write(await retention.RemoveAsync(removal, policy, null, cancellationToken));
        }
        catch (VmStatsException e)
        {
            output.Error(e);
        }
    });

    private void ClearUp(string folder)
    {
        if (Folder is not null)
        {
            Check(folder);
        }

        if (Confirm($"Delete what is left of interrupted memory dumps in the folder {folder}"))
        {
            VmStats.Dumps.Capture.DumpFolder.ThrowIfUnsafe(folder);
            DumpRecovery recovery = new(new DumpStateStore(MemoryDumpPaths.DefaultStateFolder), new DumpRecorder(Store, MemoryDumpPaths.DefaultStateFolder));
            TimeSpan timeout = ResolvedConnection.Options.Timeout;
            IReadOnlyList<MemoryDumpRecord> records = Compute(async (_, cancellationToken) =>
            {
                using RecordingLimit limit = DumpRecorder.Limit(timeout, cancellationToken);
                return await recovery.RecoverAsync(folder, limit.Token);
            });
            foreach (string warning in recovery.Warnings)
            {
                WriteWarning(warning);
            }

            WriteObject(records, enumerateCollection: true);
        }
    }

    private bool Confirm(string what) => _confirmation.Ask($"{what}.", $"{what}?", "Memory dumps", isGrave: true);

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
