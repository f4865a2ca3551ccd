using System.ComponentModel;
using System.Management.Automation;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The root of cmdlets that work on dump files, one after the other.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class DumpFileCommand : StoreCommand
{
    /// <summary>The dump's file, as Invoke-MemoryDump and Get-MemoryDumpRecord give it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            try
            {
                Process(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));
            }
            catch (VmStatsException e)
            {
                WriteError(e);
            }
        }
    }

    /// <summary>Works on one dump; a <see cref="VmStatsException"/> concerns that one only.</summary>
    private protected abstract void Process(string path);

    /// <summary>Runs work on one dump, with a progress bar over the stored bytes.</summary>
    private protected T Work<T>(string activity, string path, Func<IProgress<long>, CancellationToken, Task<T>> work)
    {
        long total = File.Exists(path) ? Math.Max(1, new FileInfo(path).Length) : 1;
        VmStatsException? failure = null;
        T? result = Compute(async (output, cancellationToken) =>
        {
            Progress<long> progress = new(bytes => output.Progress(new ProgressRecord(1, activity, path) { PercentComplete = (int)Math.Min(100, bytes * 100 / total) }));
            try
            {
                return await work(progress, cancellationToken);
            }
            catch (VmStatsException e)
            {
                failure = e;
                return default;
            }
            finally
            {
                output.Progress(new ProgressRecord(1, activity, "Done") { RecordType = ProgressRecordType.Completed });
            }
        });
        return failure is null ? result! : throw failure;
    }
}
