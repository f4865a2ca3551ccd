namespace VmStats;

/// <summary>Thrown when a dump failed, was cancelled or was interrupted after it had begun. Contains the record of the attempt.</summary>
public sealed class MemoryDumpException : VmStatsException
{
    /// <summary>Creates the exception from the failure.</summary>
    /// <param name="cause">The failure; its id, kind, message and recommendation are copied.</param>
    /// <param name="record">The record of the attempt.</param>
    public MemoryDumpException(VmStatsException cause, MemoryDumpRecord record)
        : base(cause.ErrorId, cause.Kind, cause.Message, cause.Recommendation, cause.Target, cause)
    {
        Record = record;
    }

    /// <summary>The record of the attempt.</summary>
    public MemoryDumpRecord Record { get; }

    /// <inheritdoc/>
    public override bool IsTransient => ((VmStatsException)InnerException!).IsTransient;
}
