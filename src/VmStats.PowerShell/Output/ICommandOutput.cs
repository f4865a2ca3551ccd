using System.Management.Automation;

namespace VmStats.PowerShell.Output;

/// <summary>Where asynchronous work puts what it has: the pipeline of a command, or the streams of a job. Calls come from any thread.</summary>
internal interface ICommandOutput
{
    /// <summary>Writes an object.</summary>
    void Write(object value);

    /// <summary>Writes a non-terminating error.</summary>
    void Error(VmStatsException failure);

    /// <summary>Writes a warning.</summary>
    void Warning(string text);

    /// <summary>Shows progress; never holds the work up.</summary>
    void Progress(ProgressRecord record);
}

/// <summary>What every output can do by what it can do already.</summary>
internal static class CommandOutputExtensions
{
    /// <summary>Takes a progress bar away.</summary>
    internal static void EndProgress(this ICommandOutput output, int id, string activity) =>
        output.Progress(new ProgressRecord(id, activity, "Done") { RecordType = ProgressRecordType.Completed });
}
