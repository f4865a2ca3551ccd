namespace VmStats.Errors;

/// <content>Embedded store</content>
internal static partial class ErrorIds
{
    /// <summary>Name another file; it is created if it doesn't exist.</summary>
    public const string NotAVmStatsDatabase = nameof(NotAVmStatsDatabase);

    /// <summary>Move the file away with its -wal and -shm, and start with a new one; sqlite3 FILE .recover may save what is left.</summary>
    public const string DatabaseDamaged = nameof(DatabaseDamaged);

    /// <summary>Update the module, or name another file.</summary>
    public const string DatabaseTooNew = nameof(DatabaseTooNew);

    /// <summary>Name a file in a folder that this user can write.</summary>
    public const string StoreAccessDenied = nameof(StoreAccessDenied);

    /// <summary>Let this user write the file and its folder.</summary>
    public const string StoreReadOnly = nameof(StoreReadOnly);

    /// <summary>Try again; fuser or lsof finds the process that holds the file.</summary>
    public const string StoreBusy = nameof(StoreBusy);

    /// <summary>Try again when the query has ended; leave a store's -wal and -shm alone while it is open.</summary>
    public const string StoreFilesLost = nameof(StoreFilesLost);

    /// <summary>Check the disk and its free space.</summary>
    public const string StoreWriteFailed = nameof(StoreWriteFailed);

    /// <summary>Report the error, with the command that caused it.</summary>
    public const string StoreFailed = nameof(StoreFailed);

    /// <summary>Free disk space, or set a retention period. For dumps: use Remove-MemoryDump, or -Path on another disk.</summary>
    public const string DiskFull = nameof(DiskFull);
}
