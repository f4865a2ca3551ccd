namespace VmStats;

/// <summary>A dump that failed, was cancelled or interrupted after it had begun: the record that was made of it comes along.</summary>
public sealed class MemoryDumpException : VmStatsException
{
    /// <summary>Wraps the failure.</summary>
    /// <param name="cause">The failure; its id, kind, message and recommendation are taken over.</param>
    /// <param name="record">The record made of the attempt.</param>
    public MemoryDumpException(VmStatsException cause, MemoryDumpRecord record)
        : base(cause.ErrorId, cause.Kind, cause.Message, cause.Recommendation, cause.Target, cause)
    {
        Record = record;
    }

    /// <summary>The record made of the attempt.</summary>
    public MemoryDumpRecord Record { get; }

    /// <inheritdoc/>
    public override bool IsTransient => ((VmStatsException)InnerException!).IsTransient;
}
