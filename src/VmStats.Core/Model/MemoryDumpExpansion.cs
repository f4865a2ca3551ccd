namespace VmStats;

/// <summary>What a dump is expanded to.</summary>
public enum MemoryDumpImageKind
{
    /// <summary>The image as the hypervisor wrote it: an ELF core.</summary>
    Elf,

    /// <summary>The guest's physical memory: byte n of the file is byte n of the memory; gaps are holes.</summary>
    Raw,
}

/// <summary>A dump that was expanded.</summary>
public sealed record MemoryDumpExpansion
{
    private readonly IReadOnlyList<string> _warnings = [];

    /// <summary>The expanded file.</summary>
    public required string Path { get; init; }

    /// <summary>The dump that it was made from.</summary>
    public required string SourcePath { get; init; }

    /// <summary>What it is.</summary>
    public MemoryDumpImageKind Kind { get; init; }

    /// <summary>The VM's name, from the manifest; null where there is none.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's identity, from the manifest.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Length of the expanded file; holes count.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of the image as the hypervisor wrote it, computed on the way.</summary>
    public required string Sha256 { get; init; }

    /// <summary>True when both hashes were those of the manifest; false where there was no manifest to compare with.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Time that it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What is worth knowing of it, such as that the dump's ledger could not be written. As text, one after the other.</summary>
    public IReadOnlyList<string> Warnings
    {
        get => _warnings;
        init => _warnings = new JoinedList<string>(value);
    }
}
