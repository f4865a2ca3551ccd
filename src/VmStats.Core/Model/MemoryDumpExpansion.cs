namespace VmStats;

/// <summary>The format that a dump is expanded to.</summary>
public enum MemoryDumpImageKind
{
    /// <summary>The image as the hypervisor wrote it: an ELF core.</summary>
    Elf,

    /// <summary>The guest's physical memory: byte n of the file is byte n of the memory; gaps become holes of a sparse file.</summary>
    Raw,
}

/// <summary>The result of expanding a dump.</summary>
public sealed record MemoryDumpExpansion
{
    private readonly IReadOnlyList<string> _warnings = [];

    /// <summary>The expanded file.</summary>
    public required string Path { get; init; }

    /// <summary>The dump that was expanded.</summary>
    public required string SourcePath { get; init; }

    /// <summary>The format of the expanded file.</summary>
    public MemoryDumpImageKind Kind { get; init; }

    /// <summary>The VM's name, from the manifest; null if there is none.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's UUID, from the manifest.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Length of the expanded file in bytes, including holes.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of the image as the hypervisor wrote it, computed during the expansion.</summary>
    public required string Sha256 { get; init; }

    /// <summary>True when both hashes match those of the manifest; false if there was no manifest to compare with.</summary>
    public bool IsVerified { get; init; }

    /// <summary>The duration.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Warnings, such as that the dump's ledger could not be written. As text, they are joined by semicolons.</summary>
    public IReadOnlyList<string> Warnings
    {
        get => _warnings;
        init => _warnings = new JoinedList<string>(value);
    }
}
