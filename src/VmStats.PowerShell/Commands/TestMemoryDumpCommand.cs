using System.Management.Automation;
using VmStats.Dumps.Custody;
using VmStats.PowerShell.Abstractions;
using VmStats.Text;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Tells whether a dump is what it was when it was taken; with -Detailed all that was found.</summary>
/// <remarks>
/// The dump is read again and compared with its manifest, the folder's ledger and the records in the store: the stored hash, the
/// raw hash, the ELF structure, the manifest beside the file, the hash-chained ledger and the ledger heads in the store. Each
/// disagreement is a finding with a stable id. Who owns the folder can make file, manifest and ledger agree on a lie; the store
/// then tells. Who owns both can hide anything.
///
/// The answer is $true or $false, one for each dump: if several are tested at once, ask whether the answers contain $false. A warning names what was found; -Quiet leaves it out, and -Detailed gives
/// an object with the findings instead. A dump that can't be read or compared is an error, and $false.
///
/// It only reads: on read-only media too, and whoever's the dump is. With -Record the outcome is noted in the folder's
/// ledger, in which Remove-MemoryDump looks for a VM's verified dumps. No link is followed to a dump, a manifest or a ledger.
/// </remarks>
/// <example>
/// <code>if (Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump) { 'sound' }</code>
/// Is the last dump of db01 what it was when it was taken?
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Test-MemoryDump -Detailed | Where-Object IsValid -eq $false</code>
/// Which dumps can't be trusted any more, and why?
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Where-Object { -not ($_ | Test-MemoryDump) } | Export-Csv doubtful.csv</code>
/// The records of all dumps that can't be trusted, or are gone.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump -Record</code>
/// Verifies the last dump of db01 and notes in its ledger that it was verified, and what came of it.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "MemoryDump", SupportsShouldProcess = true, DefaultParameterSetName = AnswerSet)]
[OutputType(typeof(bool), ParameterSetName = [AnswerSet])]
[OutputType(typeof(MemoryDumpVerification), ParameterSetName = [DetailedSet])]
public sealed class TestMemoryDumpCommand : DumpFileCmdletBase
{
    private const string AnswerSet = "Answer";
    private const string DetailedSet = "Detailed";

    private MemoryDumpVerifier? _verifier;

    /// <summary>Gives all that was found of each dump instead of $true or $false.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DetailedSet)]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Only $true or $false: no warnings. What can't be read or compared is an error all the same.</summary>
    [Parameter(ParameterSetName = AnswerSet)]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Does not ask the store.</summary>
    [Parameter]
    public SwitchParameter NoStore { get; set; }

    /// <summary>Notes the outcome in the ledger of the dump's folder. Without it nothing is written.</summary>
    [Parameter]
    public SwitchParameter Record { get; set; }

    private protected override void ProcessDump(string path)
    {
        if (Detailed)
        {
            WriteObject(Verify(path));
        }
        else
        {
            WriteObject(IsSound(path));
        }
    }

    // A dump that is gone must be seen among the answers: all the others may be $true.
    private bool IsSound(string path)
    {
        try
        {
            MemoryDumpVerification result = Verify(path);
            if (!Quiet && result.Findings.Count > 0)
            {
                WriteWarning(SafeText.Printable($"{result.Path}: {string.Join(" ", result.Findings)}"));
            }

            return result.IsValid;
        }
        catch (VmStatsException e)
        {
            WriteError(e);
            return false;
        }
    }

    private MemoryDumpVerification Verify(string path)
    {
        _verifier ??= new(InfrastructureLoader.Current, NoStore ? null : Store);
        bool records = Record && ShouldProcess(path, "Note the verification in the ledger");
        return Work(
            "Verifying a memory dump",
            path,
            (progress, token) => records ? _verifier.VerifyAndRecordAsync(path, progress, token) : _verifier.VerifyAsync(path, progress, token));
    }
}
