namespace VmStats.Errors;

/// <content>Memory dumps</content>
internal static partial class ErrorIds
{
    /// <summary>Wait for it (Get-MemoryDumpStatus), or stop it with Stop-MemoryDump.</summary>
    public const string DumpAlreadyRunning = nameof(DumpAlreadyRunning);

    /// <summary>Start it again when you are ready.</summary>
    public const string DumpCancelled = nameof(DumpCancelled);

    /// <summary>Use another dump of this VM; Test-MemoryDump says more.</summary>
    public const string DumpDamaged = nameof(DumpDamaged);

    /// <summary>Name another -Destination, or use -Force.</summary>
    public const string DumpExpandTargetExists = nameof(DumpExpandTargetExists);

    /// <summary>See the hypervisor's log.</summary>
    public const string DumpFailed = nameof(DumpFailed);

    /// <summary>Run as the user that the image would belong to (sudo).</summary>
    public const string DumpFileNotOurs = nameof(DumpFileNotOurs);

    /// <summary>Find out who put the link, pipe or device there, and move it away. If it is a link to a dump, give the dump's own path.</summary>
    public const string DumpFileUnsafe = nameof(DumpFileUnsafe);

    /// <summary>Give one of the switches that exclude each other.</summary>
    public const string DumpFlagsConflict = nameof(DumpFlagsConflict);

    /// <summary>Name the folder that the link points to.</summary>
    public const string DumpFolderIsLink = nameof(DumpFolderIsLink);

    /// <summary>Name the folder with -Folder (or DUMP_DIR).</summary>
    public const string DumpFolderNotFound = nameof(DumpFolderNotFound);

    /// <summary>Name a folder that only you and root can write to, and likewise all its parent folders; a folder that doesn't exist yet is created that way.</summary>
    public const string DumpFolderNotPrivate = nameof(DumpFolderNotPrivate);

    /// <summary>Name another folder (-Path, DUMP_DIR), or correct this one's permissions.</summary>
    public const string DumpFolderUnusable = nameof(DumpFolderUnusable);

    /// <summary>Use the Elf format.</summary>
    public const string DumpFormatNotSupported = nameof(DumpFormatNotSupported);

    /// <summary>Use another dump of this VM; Test-MemoryDump says what differs.</summary>
    public const string DumpHashDiffers = nameof(DumpHashDiffers);

    /// <summary>Take it again; the VM may have stopped during the dump.</summary>
    public const string DumpIncomplete = nameof(DumpIncomplete);

    /// <summary>gzip has the levels 1 to 9.</summary>
    public const string DumpLevelInvalid = nameof(DumpLevelInvalid);

    /// <summary>Compare with the record in the store and with the ledger.</summary>
    public const string DumpManifestDamaged = nameof(DumpManifestDamaged);

    /// <summary>Move the .json file together with the dump.</summary>
    public const string DumpManifestMissing = nameof(DumpManifestMissing);

    /// <summary>Release it, verify another dump of the VM, use -Force, or let -KeepLast keep fewer.</summary>
    public const string DumpMustStay = nameof(DumpMustStay);

    /// <summary>Use a hypervisor driver that dumps memory (QEMU).</summary>
    public const string DumpNotElf = nameof(DumpNotElf);

    /// <summary>Get-MemoryDumpRecord shows where dumps are.</summary>
    public const string DumpNotFound = nameof(DumpNotFound);

    /// <summary>Get-MemoryDumpStatus lists the dumps of this host.</summary>
    public const string DumpNotRunning = nameof(DumpNotRunning);

    /// <summary>Get-MemoryDumpRecord shows where dumps are.</summary>
    public const string DumpPathMissing = nameof(DumpPathMissing);

    /// <summary>Choose a folder that the hypervisor's daemon may write to.</summary>
    public const string DumpPathNotWritable = nameof(DumpPathNotWritable);

    /// <summary>Run it on the KVM host: memory is dumped on Linux only.</summary>
    public const string DumpPlatformNotSupported = nameof(DumpPlatformNotSupported);

    /// <summary>Run it on the hypervisor's own host, or name its dump service.</summary>
    public const string DumpRemoteRefused = nameof(DumpRemoteRefused);

    /// <summary>Give a rule (-OlderThan, -KeepLast, -MaximumSize), or name the dumps by -Path or from the pipeline.</summary>
    public const string DumpRuleMissing = nameof(DumpRuleMissing);

    /// <summary>Check the disk and the hypervisor's log: nothing has come from the hypervisor for a minute.</summary>
    public const string DumpStalled = nameof(DumpStalled);

    /// <summary>Correct its permissions, or set XDG_STATE_HOME.</summary>
    public const string DumpStateFolderUnusable = nameof(DumpStateFolderUnusable);

    /// <summary>Run Get-MemoryDumpStatus again; the hypervisor's call may be stuck.</summary>
    public const string DumpStopTimeout = nameof(DumpStopTimeout);

    /// <summary>If that wasn't meant, take the dump again.</summary>
    public const string DumpStreamClosed = nameof(DumpStreamClosed);

    /// <summary>Allow more with -Timeout, or use a faster compression.</summary>
    public const string DumpTimeout = nameof(DumpTimeout);

    /// <summary>Run as the user that took it, or check the disk.</summary>
    public const string DumpUnreadable = nameof(DumpUnreadable);

    /// <summary>Check the disk and the folder's permissions, or name another with -Path.</summary>
    public const string DumpWriteFailed = nameof(DumpWriteFailed);

    /// <summary>The file is damaged or was cut short; take another copy of it.</summary>
    public const string CompressedDataDamaged = nameof(CompressedDataDamaged);

    /// <summary>Try again when the other process has ended.</summary>
    public const string FileLocked = nameof(FileLocked);

    /// <summary>The job failed because of a bug in the module: please report it.</summary>
    public const string MemoryDumpJobFailed = nameof(MemoryDumpJobFailed);
}
