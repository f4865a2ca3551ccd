using System.Diagnostics;
using System.Management.Automation;
using PSEngine = System.Management.Automation.PowerShell;

namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>A pipeline that runs in the background: look at what has come, stop it, or wait for its end, all with a bound.</summary>
public sealed class RunningPipeline : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly PSEngine _shell;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly IAsyncResult _running;

    internal RunningPipeline(PSEngine shell)
    {
        _shell = shell;
        PSDataCollection<PSObject> noInput = [];
        noInput.Complete();
        _running = shell.BeginInvoke(noInput, _output);
    }

    /// <summary>How many objects have come so far.</summary>
    public int OutputCount => _output.Count;

    /// <summary>The newest progress record, or null.</summary>
    public ProgressRecord? LastProgress => _shell.Streams.Progress.LastOrDefault();

    /// <summary>Whether it has come to its end, whichever.</summary>
    public bool IsCompleted => _running.IsCompleted;

    /// <summary>Polls until the condition holds; fails the test after the bound, or when the pipeline ends without it.</summary>
    public void WaitUntil(Func<RunningPipeline, bool> condition, TimeSpan? bound = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition(this))
        {
            Assert.False(IsCompleted && !condition(this), "The pipeline ended before the awaited condition held.");
            Assert.True(Stopwatch.GetElapsedTime(start) < (bound ?? s_bound), "The awaited condition did not come.");
            Thread.Sleep(10);
        }
    }

    /// <summary>Presses Ctrl+C and gives what was there until then; fails the test when the pipeline doesn't stop within the bound.</summary>
    public Records Stop(TimeSpan? bound = null)
    {
        IAsyncResult stopping = _shell.BeginStop(null, null);
        Assert.True(stopping.AsyncWaitHandle.WaitOne(bound ?? s_bound), "The pipeline did not stop.");
        return Collect(s_bound);
    }

    /// <summary>Waits for the end; fails the test when it doesn't come within the bound.</summary>
    public Records Wait(TimeSpan? bound = null) => Collect(bound ?? s_bound);

    public void Dispose()
    {
        if (!_running.IsCompleted)
        {
            _shell.BeginStop(null, null).AsyncWaitHandle.WaitOne(s_bound);
        }

        _shell.Dispose();
        _output.Dispose();
    }

    private Records Collect(TimeSpan bound)
    {
        Assert.True(_running.AsyncWaitHandle.WaitOne(bound), "The pipeline did not end.");
        ErrorRecord? terminated = null;
        try
        {
            _shell.EndInvoke(_running);
        }
        catch (PipelineStoppedException)
        {
            // Reported as Stopped.
        }
        catch (Exception exception) when (exception is IContainsErrorRecord container)
        {
            terminated = container.ErrorRecord;
        }

        PSDataStreams streams = _shell.Streams;
        ErrorRecord[] errors = [.. streams.Error];
        return new Records(
            [.. _output],
            terminated is null || errors.Contains(terminated) ? errors : [.. errors, terminated],
            terminated,
            [.. streams.Warning.Select(record => record.Message)],
            [.. streams.Verbose.Select(record => record.Message)],
            [.. streams.Information],
            [.. streams.Progress],
            _shell.InvocationStateInfo.State == PSInvocationState.Stopped);
    }
}
