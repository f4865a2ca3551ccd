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

/// <summary>Removes memory dumps by age, count or size, or puts them on hold; each step is in the folder's ledger.</summary>
/// <remarks>
/// A dump goes where -OlderThan or -MaximumSize asks for it. What -KeepLast keeps stays, whatever else is said; alone, it
/// asks for all others. Dumps down the pipeline, or of -Path, narrow what is looked at, wherever they are; without a rule
/// these go themselves. A dump on hold stays. The only verified dump of a VM (by Test-MemoryDump -Record), or its last one
/// where none was verified, stays unless -Force is given. Records in the store are kept.
///
/// What removes asks first. -Hold and -Release don't, unless -Confirm is given: they work in scripts as they are.
///
/// -Interrupted clears away what dumps left whose process died, and records them; the next Invoke-MemoryDump does the
/// same. A dump that another process takes is never touched.
/// </remarks>
/// <example>
/// <code>Remove-MemoryDump -OlderThan 30d -KeepLast 3 -WhatIf</code>
/// What would go: dumps older than thirty days, but none of the three newest of each VM.
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

    /// <summary>So many newest of each VM stay. Without another rule, all others go; beside others it only protects.</summary>
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

    private bool IsByPolicy => ParameterSetName == PolicySet;

    private bool HasRule => OlderThan is not null || KeepLast is not null || MaximumSize is not null;

    /// <inheritdoc/>
    private protected override void Begin() =>
        // A pipeline that brings nothing asks for nothing, never for the whole folder.
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
            Tell("No dump is named, by -Path or down the pipeline: there is nothing to do.", isExpected: IsByPolicy);
        }
    }

    // By silence it would look as if nothing had to go.
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
        MemoryDumpFile[] wanted = [.. listed.Where(selection.IsWanted)];
        if (wanted.Length == 0 && missing.Length == 0)
        {
            TellNone(selection);
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

    // A hold that holds nothing must not pass for one, nor a wrong folder for a tidy one.
    private void TellNone(DumpSelection selection)
    {
        if (!IsByPolicy && selection.NamesVms)
        {
            WriteError(DumpErrors.NotFoundOf(string.Join(", ", Name!), selection.Folder));
        }
        else
        {
            Tell($"There is no dump{selection.OfVms} in the folder '{selection.Folder}'.", isExpected: false);
        }
    }

    private void Tell(string text, bool isExpected)
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
            Where = selection.IsWanted,
            Force = Force,
        };
        IReadOnlyList<MemoryDumpRemoval> planned = retention.Plan(policy, listed);
        if (planned.Count == 0)
        {
            Tell($"The rules ask for none of the {listed.Count(selection.IsWanted)} dumps{selection.OfVms} in the folder '{selection.Folder}'.", isExpected: true);
        }

        foreach (MemoryDumpRemoval removal in planned)
        {
            if (removal.KeptBecause is string why)
            {
                WriteVerbose($"{removal.Dump.Path} stays: {why}.");
                WriteObject(removal);
            }
            else if (Confirm($"Remove the memory dump {removal.Dump.Path} ({removal.Reason})"))
            {
                RemoveOne(retention, removal, policy);
            }
        }
    }

    // What goes wrong with one dump doesn't keep the others.
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

        if (Confirm($"Clear away what interrupted memory dumps left in the folder {folder}"))
        {
            VmStats.Dumps.Capture.DumpFolder.ThrowIfUnsafe(folder);
            DumpRecovery recovery = new(new DumpStateStore(MemoryDumpPaths.DefaultStateFolder), new DumpRecorder(Store, MemoryDumpPaths.DefaultStateFolder));
            TimeSpan patience = ResolvedConnection.Options.Timeout;
            IReadOnlyList<MemoryDumpRecord> records = Compute(async (_, cancellationToken) =>
            {
                using RecordingLimit limit = DumpRecorder.Limit(patience, cancellationToken);
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
