using System.Diagnostics;
using VmStats.Dumps.Image;

namespace VmStats.Dumps.Capture;

/// <summary>
/// Reads the raw image from its source into the pipeline, on a dedicated thread, so that nothing that runs on the
/// console's thread or in the thread pool can delay the guest. Ends at the end of the image, when no data has arrived
/// for too long, or when it is stopped.
/// </summary>
internal sealed class DumpReader
{
    private const int PollMilliseconds = 50;

    private readonly DumpSource _source;
    private readonly DumpPipeline _pipeline;
    private readonly string _name;
    private readonly TimeSpan _stallTimeout;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private long _firstByte;
    private long _lastProgress = Stopwatch.GetTimestamp();
    private volatile bool _callHasEnded;
    private volatile Exception? _stop;
    private volatile ElfLayout? _layout;

    public DumpReader(DumpSource source, DumpPipeline pipeline, string name, TimeSpan stallTimeout)
    {
        (_source, _pipeline, _name, _stallTimeout) = (source, pipeline, name, stallTimeout);
        new Thread(Run) { IsBackground = true, Name = "vmstats dump read", Priority = ThreadPriority.AboveNormal }.Start();
    }

    /// <summary>Completes at the end of the image, or with the exception that stopped the reader.</summary>
    public Task Completion => _done.Task;

    /// <summary>Raw bytes read so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The layout in the image's ELF header, once it has been read.</summary>
    public ElfLayout? Layout => _layout;

    /// <summary>Time since the first byte; null before.</summary>
    public TimeSpan? SinceFirstByte => Interlocked.Read(ref _firstByte) is > 0 and long first ? Stopwatch.GetElapsedTime(first) : null;

    /// <summary>Called when the hypervisor's call has returned: if nothing has been written by then, nothing will be.</summary>
    public void OnCallEnded() => _callHasEnded = true;

    /// <summary>Stops reading.</summary>
    public void Stop(Exception why) => _stop ??= why;

    private void Run()
    {
        try
        {
            while (ReadBlock())
            {
            }

            _done.SetResult();
        }
        catch (Exception e)
        {
            _done.SetException(e);
        }
    }

    private bool ReadBlock()
    {
        byte[] buffer = TakeBuffer();
        int filled = 0;
        bool isEnd = false;
        while (filled < buffer.Length && !isEnd)
        {
            // Sampled before the read: everything that was written before the call returned is then certain to be seen.
            bool callHasEnded = _callHasEnded;
            int count = _source.Read(buffer.AsSpan(filled), PollMilliseconds);
            if (count > 0)
            {
                filled += count;
                CountBytes(count);
            }
            else
            {
                isEnd = count == 0 || (callHasEnded && Bytes == 0);
            }

            ThrowIfStopped("the hypervisor sends no data");
        }

        if (filled > 0)
        {
            _layout ??= ElfLayout.TryParse(buffer.AsSpan(0, filled));
            _pipeline.Submit(buffer, filled);
        }

        return !isEnd;
    }

    private byte[] TakeBuffer()
    {
        byte[]? buffer;
        while ((buffer = _pipeline.TakeBuffer(PollMilliseconds)) is null)
        {
            if (_pipeline.Failure is Exception failure)
            {
                throw failure;
            }

            ThrowIfStopped("the disk accepts no data");
        }

        return buffer;
    }

    private void CountBytes(int count)
    {
        long now = Stopwatch.GetTimestamp();
        if (Interlocked.Add(ref _bytes, count) == count)
        {
            Interlocked.Exchange(ref _firstByte, now);
        }

        _lastProgress = now;
    }

    private void ThrowIfStopped(string cause)
    {
        if (_stop is Exception why)
        {
            throw why;
        }

        if (Stopwatch.GetElapsedTime(_lastProgress) > _stallTimeout)
        {
            throw DumpErrors.Stalled(_name, _stallTimeout, cause);
        }
    }
}
