using System.Management.Automation;
using VmStats.Dumps.Custody;
using VmStats.PowerShell.Abstractions;
using VmStats.Text;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Verifies that a dump is unchanged since it was taken; with -Detailed returns all findings.</summary>
/// <remarks>
/// The dump is read again and compared with its manifest, the folder's ledger and the records in the store: the hash of the
/// stored file, the hash of the raw image, the ELF structure, the manifest next to the file, the hash-chained ledger and the
/// ledger heads in the store. Each discrepancy is a finding with a stable id. The owner of the folder can forge file, manifest
/// and ledger consistently; the comparison with the store then reveals it. A person who controls both can hide anything.
///
/// The result is $true or $false for each dump: if several are tested at once, check whether the results contain $false. A
/// warning lists the findings; -Quiet omits it, and -Detailed returns an object with the findings instead. A dump that can't
/// be read or compared is an error, and the result is $false.
///
/// The cmdlet only reads, so it works on read-only media and on dumps of other users. With -Record the result is noted in the
/// folder's ledger, where Remove-MemoryDump looks for a VM's verified dumps. Symbolic links in the place of a dump, a manifest
/// or a ledger are not followed.
/// </remarks>
/// <example>
/// <code>if (Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump) { 'sound' }</code>
/// Checks whether the last dump of db01 is unchanged since it was taken.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Test-MemoryDump -Detailed | Where-Object IsValid -eq $false</code>
/// Lists the dumps that can't be trusted any more, with the reasons.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Where-Object { -not ($_ | Test-MemoryDump) } | Export-Csv doubtful.csv</code>
/// Exports the records of all dumps that can't be trusted or no longer exist.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump -Record</code>
/// Verifies the last dump of db01 and notes the verification and its result in the ledger.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "MemoryDump", SupportsShouldProcess = true, DefaultParameterSetName = AnswerSet)]
[OutputType(typeof(bool), ParameterSetName = [AnswerSet])]
[OutputType(typeof(MemoryDumpVerification), ParameterSetName = [DetailedSet])]
public sealed class TestMemoryDumpCommand : DumpFileCmdletBase
{
    private const string AnswerSet = "Answer";
    private const string DetailedSet = "Detailed";

    private MemoryDumpVerifier? _verifier;

    /// <summary>Returns an object with the findings for each dump instead of $true or $false.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DetailedSet)]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Returns $true or $false without warnings. A dump that can't be read or compared is still an error.</summary>
    [Parameter(ParameterSetName = AnswerSet)]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Verifies the dump without comparing it with the store.</summary>
    [Parameter]
    public SwitchParameter NoStore { get; set; }

    /// <summary>Notes the result in the ledger of the dump's folder. By default, nothing is written.</summary>
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

    // A missing dump must be $false, or the results would all be $true.
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
