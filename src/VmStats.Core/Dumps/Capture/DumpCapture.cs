using System.Diagnostics;
using VmStats.Dumps.Image;
using VmStats.Hypervisors;
using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>The result of a capture.</summary>
internal sealed record CaptureResult(PipelineResult Stored, ElfLayout? Layout, TimeSpan CallTime, IReadOnlyList<string> Warnings);

/// <summary>
/// Has the hypervisor write a VM's memory and captures it. Through a FIFO, the image is hashed, compressed and written
/// in one pass, and no raw byte reaches the disk. Where a FIFO can't be used, the image goes through a raw file that is
/// removed at the end.
/// </summary>
internal sealed class DumpCapture(IHypervisor hypervisor, MemoryDumpRequest request, DumpMonitor monitor)
{
    private static readonly TimeSpan s_graceTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_releaseInterval = TimeSpan.FromMilliseconds(100);

    private readonly uint _daemonUser = DaemonUser.Of(hypervisor.Uri);

    /// <summary>Captures the memory through a FIFO, or through a file where a FIFO can't be used.</summary>
    public async Task<CaptureResult> RunAsync(Func<DumpPipeline> startPipeline, bool avoidFifo)
    {
        if (request.Options.Format != CoreDumpFormat.Elf || avoidFifo)
        {
            string why = avoidFifo ? "as was requested" : "since the kdump formats are not written sequentially";
            return await ThroughFileAsync(startPipeline, why, "take an ELF core through a pipe").ConfigureAwait(false);
        }

        using (Rendezvous rendezvous = Rendezvous.Create(_daemonUser))
        {
            monitor.Rendezvous = rendezvous.Path;
            CaptureResult? result = await ThroughFifoAsync(startPipeline, rendezvous).ConfigureAwait(false);
            if (result is not null)
            {
                return result;
            }
        }

        return await ThroughFileAsync(
            startPipeline,
            "since the hypervisor could not open the pipe (its confinement may forbid it)",
            "let the daemon reach the pipe's folder, XDG_RUNTIME_DIR or else /tmp (PrivateTmp, AppArmor and SELinux can hide it)").ConfigureAwait(false);
    }

    // Returns null if the hypervisor could not even open the FIFO: then nothing has happened yet.
    private async Task<CaptureResult?> ThroughFifoAsync(Func<DumpPipeline> startPipeline, Rendezvous rendezvous)
    {
        List<string> warnings = [];
        CoreDumpOptions options = request.Options;
        if (options.BypassCache)
        {
            warnings.Add("-BypassCache had no effect: the image came through a pipe, so no raw file was written, with the cache or without it. Leave it out.");
            options = options with { BypassCache = false };
        }

        string path = rendezvous.MakeFifo(out FifoSource made);
        using FifoSource fifo = made;
        using DumpPipeline pipeline = startPipeline();
        DumpReader reader = new(fifo, pipeline, request.Vm.Name, request.StallTimeout);
        using CancellationTokenSource abandon = new();
        long started = Stopwatch.GetTimestamp();
        Task call = Task.Run(() => hypervisor.DumpMemoryAsync(request.Vm.Uuid, path, options, abandon.Token), CancellationToken.None);
        Exception? failure = await monitor.WatchAsync(reader, pipeline, call).ConfigureAwait(false);

        // From here on no writer can open the FIFO any more; one that has it open gets EPIPE.
        rendezvous.Dispose();
        fifo.CloseReader();
        Exception? callFailure = await WaitForCallAsync(call, fifo, abandon).ConfigureAwait(false);
        TimeSpan callTime = Stopwatch.GetElapsedTime(started);
        if (CouldNotOpen(callFailure, reader))
        {
            return null;
        }

        ThrowFirst(failure, callFailure);
        monitor.Phase = MemoryDumpPhase.Finishing;
        PipelineResult stored = await Task.Run(pipeline.Complete, CancellationToken.None).ConfigureAwait(false);
        return new CaptureResult(stored, reader.Layout, callTime, warnings);
    }

    private async Task<CaptureResult> ThroughFileAsync(Func<DumpPipeline> startPipeline, string why, string remedy)
    {
        if (_daemonUser != Libc.EffectiveUserId && Libc.EffectiveUserId != 0)
        {
            throw DumpErrors.FileWouldHaveOtherOwner(request.Vm.Name, _daemonUser == 0 ? "root" : "another user", why, remedy);
        }

        // Raw images are large: /var/tmp is on disk, while /tmp may be in memory.
        using Rendezvous rendezvous = Rendezvous.Create(_daemonUser, Directory.Exists("/var/tmp") ? "/var/tmp" : null);
        monitor.Rendezvous = rendezvous.Path;
        monitor.Phase = MemoryDumpPhase.Staging;
        string path = rendezvous.PrepareFile();
        long free = rendezvous.FreeBytes;
        if (request.Options.Format == CoreDumpFormat.Elf && free < request.Vm.MaximumMemoryBytes)
        {
            throw DumpErrors.DiskFull(rendezvous.Path, request.Vm.MaximumMemoryBytes, free);
        }

        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource abandon = new();
        Task call = Task.Run(() => hypervisor.DumpMemoryAsync(request.Vm.Uuid, path, request.Options, abandon.Token), CancellationToken.None);
        Exception? failure = await monitor.WatchCallAsync(hypervisor, call).ConfigureAwait(false);
        Exception? callFailure = await WaitForCallAsync(call, null, abandon).ConfigureAwait(false);
        TimeSpan callTime = Stopwatch.GetElapsedTime(started);
        ThrowFirst(failure, callFailure);

        monitor.Phase = MemoryDumpPhase.Finishing;
        using FileSource source = new(rendezvous.OpenFile());
        using DumpPipeline pipeline = startPipeline();
        DumpReader reader = new(source, pipeline, request.Vm.Name, request.StallTimeout);
        failure = await monitor.WatchAsync(reader, pipeline, Task.CompletedTask).ConfigureAwait(false);
        ThrowFirst(failure, null);
        PipelineResult stored = await Task.Run(pipeline.Complete, CancellationToken.None).ConfigureAwait(false);
        return new CaptureResult(stored, reader.Layout, callTime, [$"The raw image went through a file on disk, {why}."]);
    }

    /// <summary>Waits for the call to return. A writer that is still blocked in open() is released repeatedly.</summary>
    private static async Task<Exception?> WaitForCallAsync(Task call, FifoSource? fifo, CancellationTokenSource abandon)
    {
        long started = Stopwatch.GetTimestamp();
        while (!call.IsCompleted && Stopwatch.GetElapsedTime(started) < s_graceTime)
        {
            fifo?.ReleaseWriter();
            await Task.WhenAny(call, Task.Delay(s_releaseInterval)).ConfigureAwait(false);
        }

        if (!call.IsCompleted)
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(call, Task.Delay(s_releaseInterval)).ConfigureAwait(false);
        }

        return !call.IsCompleted ? new TimeoutException("The hypervisor's call did not return.")
            : call.IsFaulted ? call.Exception!.InnerException
            : call.IsCanceled ? new OperationCanceledException("The hypervisor's call was cancelled.")
            : null;
    }

    private static bool CouldNotOpen(Exception? callFailure, DumpReader reader) =>
        reader.Bytes == 0 && callFailure is VmStatsException { Kind: VmStatsErrorKind.PermissionDenied or VmStatsErrorKind.WriteFailed or VmStatsErrorKind.NotSupported };

    // The reason for stopping takes precedence: the call's own failure is then only its consequence.
    private static void ThrowFirst(Exception? failure, Exception? callFailure)
    {
        if ((failure ?? callFailure) is Exception first)
        {
            throw first;
        }
    }
}
