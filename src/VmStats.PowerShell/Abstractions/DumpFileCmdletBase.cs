using System.ComponentModel;
using System.Management.Automation;
using VmStats.Errors;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Paths;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base of cmdlets that work on dump files, one after the other.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class DumpFileCmdletBase : StoreCmdletBase
{
    /// <summary>The dump file, such as one from Invoke-MemoryDump or Get-MemoryDumpRecord; wildcards are allowed. Records of failed attempts have no file and are skipped.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string?[]? Path { get; set; } = [];

    /// <inheritdoc/>
    private protected sealed override void Process()
    {
        foreach (string? path in Path ?? [null])
        {
            if (string.IsNullOrEmpty(path))
            {
                Skip();
                continue;
            }

            foreach (string file in DumpPaths.Resolve(SessionState.Path, path))
            {
                ProcessOne(file);
            }
        }
    }

    /// <summary>Processes one dump; a <see cref="VmStatsException"/> is written as an error, and the other dumps are still processed.</summary>
    private protected abstract void ProcessDump(string path);

    private void ProcessOne(string file)
    {
        try
        {
            ProcessDump(file);
        }
        catch (VmStatsException e)
        {
            WriteError(e);
        }
    }

    private void Skip()
    {
        if (MyInvocation.ExpectingInput)
        {
            WriteVerbose("Skipped a record without a file, such as that of a failed attempt.");
            return;
        }

        WriteError(new VmStatsException(
            ErrorIds.DumpPathMissing, VmStatsErrorKind.InvalidArgument, "No dump is named: -Path is empty.", "Get-MemoryDumpRecord shows where dumps are.", null));
    }

    /// <summary>Runs work on one dump, with a progress bar over the stored bytes.</summary>
    private protected T Work<T>(string activity, string path, Func<IProgress<long>, CancellationToken, Task<T>> work)
    {
        long total = File.Exists(path) ? Math.Max(1, new FileInfo(path).Length) : 1;
        return Compute(async (output, cancellationToken) =>
        {
            Progress<long> progress = new(bytes => output.Progress(new ProgressRecord(1, activity, path) { PercentComplete = (int)Math.Min(100, bytes * 100 / total) }));
            try
            {
                return await work(progress, cancellationToken);
            }
            finally
            {
                output.EndProgress(1, activity);
            }
        });
    }
}
