using System.Management.Automation;

namespace VmStats.PowerShell.Output;

/// <summary>The output of asynchronous work: the pipeline of a command, or the streams of a job. The methods may be called on any thread.</summary>
internal interface ICommandOutput
{
    /// <summary>Writes an object.</summary>
    void Write(object value);

    /// <summary>Writes a non-terminating error.</summary>
    void Error(VmStatsException failure);

    /// <summary>Writes a warning.</summary>
    void Warning(string text);

    /// <summary>Shows progress; never blocks.</summary>
    void Progress(ProgressRecord record);
}

/// <summary>Extension methods for every output.</summary>
internal static class CommandOutputExtensions
{
    /// <summary>Removes a progress bar.</summary>
    internal static void EndProgress(this ICommandOutput output, int id, string activity) =>
        output.Progress(new ProgressRecord(id, activity, "Done") { RecordType = ProgressRecordType.Completed });
}
