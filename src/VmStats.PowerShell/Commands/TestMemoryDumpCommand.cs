using System.Management.Automation;
using VmStats.Configuration;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;

namespace VmStats.PowerShell.Commands;

/// <summary>Reads a dump again and compares it with its manifest, the folder's ledger and the records in the store.</summary>
/// <remarks>
/// The stored hash, the raw hash, the ELF structure, the manifest beside the file, the hash-chained ledger and the ledger
/// heads in the store: each disagreement is a finding with a stable id. The outcome is noted in the ledger. Who owns the
/// folder can make file, manifest and ledger agree on a lie; the store then tells. Who owns both can hide anything.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Test-MemoryDump</code>
/// Is the last dump of db01 what it was when it was taken?
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Completed | Test-MemoryDump | Where-Object IsValid -eq $false</code>
/// Which dumps can't be trusted any more, and why?
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "MemoryDump")]
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

    private protected override void Process(string path)
    {
        _verifier ??= new(InfrastructureLoader.Current, NoStore ? null : Store);
        MemoryDumpVerification result = Work("Verifying a memory dump", path, (progress, token) => _verifier.VerifyAsync(path, progress, token));
        WriteObject(Quiet ? result.IsValid : result);
    }
}
