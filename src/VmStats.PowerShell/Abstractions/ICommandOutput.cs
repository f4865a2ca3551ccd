using System.Management.Automation;

namespace VmStats.PowerShell.Abstractions;

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
