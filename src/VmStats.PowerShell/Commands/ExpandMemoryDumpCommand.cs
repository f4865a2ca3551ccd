using System.Management.Automation;
using VmStats.Dumps.Custody;
using VmStats.Errors;
using VmStats.PowerShell.Abstractions;
using VmStats.ThirdParty;
using VmStats.PowerShell.Paths;

namespace VmStats.PowerShell.Commands;

/// <summary>Expands a stored dump to its ELF core or to raw physical memory. The output is verified while it is written, is a sparse file, and is noted in the ledger.</summary>
/// <remarks>
/// If the data doesn't match the dump's manifest, the new file is deleted. A dump can be expanded from any folder that is
/// readable. If the folder is read-only, or other users may write to it, the ledger isn't updated and a warning says so.
/// The folder of the new file must be one that other users can't replace by another; a sticky folder such as /tmp is fine.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1 | Expand-MemoryDump -Destination ./db01.elf</code>
/// Creates an ELF core for Volatility or crash.
/// </example>
/// <example>
/// <code>Expand-MemoryDump ./db01_20260131T134500Z_1a2b3c4d.elf.zst -As Raw</code>
/// Creates an image of the guest's physical memory: byte n of the file is byte n of the memory.
/// </example>
[Cmdlet(VerbsData.Expand, "MemoryDump", SupportsShouldProcess = true)]
[OutputType(typeof(MemoryDumpExpansion))]
public sealed class ExpandMemoryDumpCommand : DumpFileCmdletBase
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The file to create. By default, the dump's path without .gz or .zst, or with .raw.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>The format of the new file: Elf for the core as the hypervisor wrote it, Raw for physical memory.</summary>
    [Parameter]
    public MemoryDumpImageKind As { get; set; }

    /// <summary>Overwrites an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessDump(string path)
    {
        string? destination = Destination is null ? null : FilePaths.Resolve(SessionState.Path, Destination);
        if (destination is not null && _written.Contains(destination))
        {
            // -Force overwrites a file that existed before the command, not one that the same pipeline has just written.
            throw new VmStatsException(
                ErrorIds.DumpExpandTargetExists,
                VmStatsErrorKind.InvalidOperation,
                $"'{path}' isn't expanded: this command has written another dump to '{destination}' already.",
                "Omit -Destination to expand each dump to a file next to it, or name one for each: ForEach-Object { $_ | Expand-MemoryDump -Destination ... }.",
                path);
        }

        if (ShouldProcess(path, $"Expand to {destination ?? "a file next to it"}"))
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
