using System.Management.Automation;
using VmStats.Collection;
using VmStats.Collection.Spool;
using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Transformation;
using VmStats.Stores;

namespace VmStats.PowerShell.Commands;

/// <summary>Starts a collector: it polls the hypervisor in the background of this session and writes to the store.</summary>
/// <remarks>
/// It ends with the session, by Stop-VmTelemetryCollector, or after -Count polls. While the store can't be reached the
/// points wait in a spool on disk, and whatever collector runs next brings them in. It goes on with its store when the session
/// connects to another. -Wait shows its progress and
/// returns when it has ended; Ctrl+C then stops it in order.
/// </remarks>
/// <example>
/// <code>Start-VmTelemetryCollector -HypervisorUri qemu:///system -Interval 10s</code>
/// Collects in the background, every ten seconds.
/// </example>
/// <example>
/// <code>Start-VmTelemetryCollector -Count 1 -Wait</code>
/// One sample of each VM and out: for a timer or cron.
/// </example>
[Cmdlet(VerbsLifecycle.Start, "VmTelemetryCollector", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(VmTelemetryCollectorStatus))]
public sealed class StartVmTelemetryCollectorCommand : HypervisorCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between polls, by the hypervisor's clock: 500ms, 10s, 1m. Without it POLL_INTERVAL, else one second.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <summary>Ends after so many polls.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>Returns when the collector has ended, and not before.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        VmStatsConnection connection = ResolvedConnection;
        IHypervisor hypervisor = OpenHypervisor();

        // libvirt's own default has a name only once it is reached.
        string uri = Guard(() => hypervisor.Uri);
        if (!ShouldProcess($"{uri} -> {connection.Address}", "Collect telemetry"))
        {
            return;
        }

        VmStatsSession session = VmStatsSession.Current;
        Run(async (output, cancellationToken) =>
        {
            // A hypervisor that can't be reached at all is an error now, not a line in a status that nobody reads.
            await hypervisor.ListAsync(cancellationToken);

            // A store of its own: the session may connect to another one while it collects.
            ITelemetryStore store = VmStatsSession.Open(connection.Options, connection.Source).Store;
            TelemetryCollector collector = session.Collectors.Start(Options(hypervisor, store));
            if (Wait)
            {
                await WaitAsync(collector, output, cancellationToken);
            }

            output.Write(collector.Status);
        });
    }

    private TelemetryCollectorOptions Options(IHypervisor hypervisor, ITelemetryStore store) => new()
    {
        Hypervisor = hypervisor,
        Store = store,
        ClosesStore = true,
        Interval = Interval ?? Settings.PollInterval,
        Count = Count,
        BatchMaxLines = Settings.BatchMaxLines,
        BatchMaxTime = Settings.BatchMaxTime,
        PollTimeout = Settings.LibvirtTimeout,
        Retry = (write, token) => InfrastructureLoader.Current.RetryAsync(write, attempts: 3, token),
        Spool = new PointSpool(store.Info),
    };

    private async Task WaitAsync(TelemetryCollector collector, CommandOutput output, CancellationToken cancellationToken)
    {
        string? told = null;
        ProgressRecord progress = new(1, "Collecting telemetry", "Starting");
        try
        {
            while (!collector.Completion.IsCompleted)
            {
                await Task.WhenAny(collector.Completion, Task.Delay(s_look, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                VmTelemetryCollectorStatus status = collector.Status;
                progress.StatusDescription = $"{status.Polls} polls of {status.VmsMonitored} VMs, {status.PointsWritten} points written";
                progress.PercentComplete = Count is int count ? (int)Math.Min(100, status.Polls * 100 / count) : -1;
                output.Progress(progress);
                Tell(status.LastError);
            }

            // A short run may fail and end between two looks.
            Tell(collector.Status.LastError);
        }
        finally
        {
            await collector.StopAsync(CancellationToken.None);
            output.EndProgress(1, progress.Activity);
        }

        void Tell(string? error)
        {
            if (error is not null && error != told)
            {
                told = error;
                output.Warning(error);
            }
        }
    }
}
