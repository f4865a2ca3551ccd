using System.Management.Automation;
using VmStats.Dumps.Custody;
using VmStats.Errors;
using VmStats.PowerShell.Abstractions;
using VmStats.ThirdParty;
using VmStats.PowerShell.Paths;

namespace VmStats.PowerShell.Commands;

/// <summary>Gives back the ELF core, or the raw physical memory, of a stored dump; verified on the way, sparse, and noted in the ledger.</summary>
/// <remarks>
/// What does not agree with the dump's manifest is not left behind. A dump may be expanded from wherever it can be read:
/// where its folder isn't one to write to, since it is read-only or others may write there, a warning says that the ledger
/// doesn't know. The new file's folder must be one that nobody else can lead elsewhere; a sticky one, such as /tmp, will do.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Expand-MemoryDump -Destination ./db01.elf</code>
/// An ELF core for Volatility or crash.
/// </example>
/// <example>
/// <code>Expand-MemoryDump ./db01_20260131T134500Z_1a2b3c4d.elf.zst -As Raw</code>
/// The guest's physical memory: byte n of the file is byte n of the memory.
/// </example>
[Cmdlet(VerbsData.Expand, "MemoryDump", SupportsShouldProcess = true)]
[OutputType(typeof(MemoryDumpExpansion))]
public sealed class ExpandMemoryDumpCommand : DumpFileCmdletBase
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The new file. Without it, the dump's own path without .gz or .zst, or with .raw.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Elf for the core as the hypervisor wrote it, Raw for physical memory.</summary>
    [Parameter]
    public MemoryDumpImageKind As { get; set; }

    /// <summary>Replaces a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessDump(string path)
    {
        string? destination = Destination is null ? null : FilePaths.Resolve(SessionState.Path, Destination);
        if (destination is not null && _written.Contains(destination))
        {
            // -Force replaces what was there before, not what came down the same pipeline.
            throw new VmStatsException(
                ErrorIds.DumpExpandTargetExists,
                VmStatsErrorKind.InvalidOperation,
                $"'{path}' isn't expanded: this command has written another dump to '{destination}' already.",
                "Leave -Destination away, and each dump is expanded to a file beside it; or name one for each: ForEach-Object { $_ | Expand-MemoryDump -Destination ... }.",
                path);
        }

        if (ShouldProcess(path, $"Expand to {destination ?? "a file beside it"}"))
        {
            MemoryDumpExpander expander = new(InfrastructureLoader.Current);
            MemoryDumpExpansion expanded = Work("Expanding a memory dump", path, (progress, token) => expander.ExpandAsync(path, destination, As, Force, progress, token));
            _written.Add(expanded.Path);
            foreach (string warning in expanded.Warnings)
            {
                WriteWarning(warning);
            }

            WriteObject(expanded);
        }
    }
}
