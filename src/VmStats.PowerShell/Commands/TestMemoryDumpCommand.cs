using System.Management.Automation;
using VmStats.Configuration;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>Reads a dump again and compares it with its manifest, the folder's ledger and the records in the store.</summary>
/// <remarks>
/// The stored hash, the raw hash, the ELF structure, the manifest beside the file, the hash-chained ledger and the ledger
/// heads in the store: each disagreement is a finding with a stable id. Who owns the folder can make file, manifest and
/// ledger agree on a lie; the store then tells. Who owns both can hide anything.
///
/// It only reads: on read-only media too, and whoever's the dump is. With -Record the outcome is noted in the folder's
/// ledger, in which Remove-MemoryDump looks for a VM's verified dumps. No link is followed to a dump, a manifest or a ledger.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump</code>
/// Is the last dump of db01 what it was when it was taken?
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Test-MemoryDump | Where-Object IsValid -eq $false</code>
/// Which dumps can't be trusted any more, and why?
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump -Record</code>
/// Verifies the last dump of db01 and notes in its ledger that it was verified, and what came of it.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "MemoryDump", SupportsShouldProcess = true)]
[OutputType(typeof(MemoryDumpVerification), typeof(bool))]
public sealed class TestMemoryDumpCommand : DumpFileCommand
{
    private MemoryDumpVerifier? _verifier;

    /// <summary>Only $true or $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Does not ask the store.</summary>
    [Parameter]
    public SwitchParameter NoStore { get; set; }

    /// <summary>Notes the outcome in the ledger of the dump's folder. Without it nothing is written.</summary>
    [Parameter]
    public SwitchParameter Record { get; set; }

    private protected override void Process(string path)
    {
        _verifier ??= new(InfrastructureLoader.Current, NoStore ? null : Store);
        bool records = Record && ShouldProcess(path, "Note the verification in the ledger");
        MemoryDumpVerification result = Work(
            "Verifying a memory dump",
            path,
            (progress, token) => records ? _verifier.VerifyAndRecordAsync(path, progress, token) : _verifier.VerifyAsync(path, progress, token));
        WriteObject(Quiet ? result.IsValid : result);
    }
}
