using System.Management.Automation;
using VmStats.Collection;
using VmStats.Connections;
using VmStats.Hypervisors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Stores;
using VmStats.Stores.Spool;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Starts a collector for each hypervisor, which polls it in the background of this session and writes to the store.</summary>
/// <remarks>
/// A collector ends with the session, by Stop-VmTelemetryCollector, or after -Count polls. While the store is unreachable, the
/// points wait in a spool on disk, and the next collector that runs writes them to the store. A collector keeps its store even
/// if the session connects to another one. All hypervisors are first queried in parallel; one that doesn't answer is an error
/// and gets no collector, and the others are collected. -Wait shows the progress of the collectors and returns when all have
/// ended; Ctrl+C then stops all of them cleanly.
/// </remarks>
/// <example>
/// <code>Start-VmTelemetryCollector -HypervisorUri qemu:///system -Interval 10s</code>
/// Collects in the background, every ten seconds.
/// </example>
/// <example>
/// <code>'qemu:///system', 'qemu+ssh://root@kvm2/system', 'qemu+ssh://root@kvm3/system' | Start-VmTelemetryCollector -Interval 10s</code>
/// Starts a collector for each of three hosts; with -Wait the command would run until Ctrl+C.
/// </example>
/// <example>
/// <code>Start-VmTelemetryCollector -Count 1 -Wait</code>
/// Collects one sample of each VM and ends, for use with a timer or cron.
/// </example>
[Cmdlet(VerbsLifecycle.Start, "VmTelemetryCollector", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(VmTelemetryCollectorStatus))]
public sealed class StartVmTelemetryCollectorCommand : StoreCmdletBase
{
    private static readonly TimeSpan s_refreshInterval = TimeSpan.FromMilliseconds(250);

    // After this time, points go to the spool, so that the queue stays short while another program locks an embedded store's file.
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);
    private readonly HashSet<IHypervisor> _asked = new(ReferenceEqualityComparer.Instance);
    private readonly List<TelemetryCollector> _started = [];
    private HypervisorSet? _hypervisors;

    /// <summary>
    /// The hypervisors, each of which gets a collector: libvirt URIs such as qemu:///system, or sim://fleet?vms=20 for a simulated fleet. By default the connection's hypervisor, otherwise LIBVIRT_URI, otherwise libvirt's own default.
    /// </summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LibvirtUri")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string?[]? HypervisorUri { get; set; }

    /// <summary>The time between polls, by the hypervisor's clock, such as 500ms, 10s or 1m. By default POLL_INTERVAL, otherwise one second.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <summary>The number of polls after which each collector ends.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>Waits until all collectors that the command started have ended.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        _hypervisors = CreateHypervisorSet();
        _hypervisors.ThrowIfEmpty(HypervisorUri);
    }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (_hypervisors!.RejectEmptyRecord(HypervisorUri, namesVm: false))
        {
            return;
        }

        VmStatsConnection connection = ResolvedConnection;
        IHypervisor[] hypervisors = [.. _hypervisors.Open(HypervisorSet.UrisOf(HypervisorUri)).Where(_asked.Add)];
        Run(async (output, cancellationToken) =>
        {
            // If the database doesn't exist, the points would stay in the spool for ever.
            await WriteTarget.ThrowIfMissingAsync(connection.Store, cancellationToken);
            TelemetryCollector?[] started = await Task.WhenAll(
                hypervisors.Select(hypervisor => StartAsync(hypervisor, connection, output, cancellationToken)));
            if (!Wait)
            {
                foreach (TelemetryCollector collector in started.OfType<TelemetryCollector>())
                {
                    output.Write(collector.Status);
                }
            }
        });
    }

    /// <inheritdoc/>
    private protected override void End()
    {
        if (Wait && _started.Count > 0)
        {
            Run(WaitAsync);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Wait)
        {
            // With -Wait, no collector may keep running when the command ends early, by Ctrl+C or by an error upstream in the pipeline.
            Task.WhenAll(_started.Where(collector => !collector.Completion.IsCompleted).Select(collector => collector.StopAsync(CancellationToken.None)))
                .GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    // Each collector is started as soon as its hypervisor has answered, so one that doesn't answer doesn't delay the others.
    private async Task<TelemetryCollector?> StartAsync(
        IHypervisor hypervisor, VmStatsConnection connection, CommandOutput output, CancellationToken cancellationToken)
    {
        // An unreachable hypervisor is reported as an error at once, rather than only in the status of its collector.
        return await _hypervisors!.TryListAsync(hypervisor, output, cancellationToken) is null
            ? null
            : await output.OnPipelineAsync(() => Start(hypervisor, connection));
    }

    private TelemetryCollector? Start(IHypervisor hypervisor, VmStatsConnection connection)
    {
        if (!ShouldProcess($"{hypervisor.Uri} -> {connection.Address}", "Collect telemetry"))
        {
            return null;
        }

        // The collector needs a store of its own, since the session may connect to another one meanwhile.
        ITelemetryStore store = VmStatsSession.Open(connection.Options with { LockTimeout = s_lockTimeout }, connection.Source).Store;
        TelemetryCollector collector = VmStatsSession.Current.Collectors.Start(Options(hypervisor, store));
        _started.Add(collector);
        return collector;
    }

    private TelemetryCollectorOptions Options(IHypervisor hypervisor, ITelemetryStore store) => new()
    {
        Hypervisor = hypervisor,
        Store = store,
        OwnsStore = true,
        Interval = Interval ?? Settings.PollInterval,
        Count = Count,
        BatchMaxLines = Settings.BatchMaxLines,
        BatchMaxTime = Settings.BatchMaxTime,
        PollTimeout = Settings.LibvirtTimeout,
        Retry = (write, token) => InfrastructureLoader.Current.RetryAsync(write, attempts: 3, token),
        Spool = new PointSpool(store.Info),
    };

    private async Task WaitAsync(CommandOutput output, CancellationToken cancellationToken)
    {
        CollectorProgress[] watches = [.. _started.Select(collector => new CollectorProgress(collector, Count, _started.Count > 1))];
        Task ended = Task.WhenAll(_started.Select(collector => collector.Completion));
        try
        {
            while (!ended.IsCompleted)
            {
                await Task.WhenAny(ended, Task.Delay(s_refreshInterval, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                Array.ForEach(watches, watch => watch.Update(output));
            }

            Array.ForEach(watches, watch => watch.Update(output));
        }
        finally
        {
            await Task.WhenAll(_started.Select(collector => collector.StopAsync(CancellationToken.None)));
            Array.ForEach(watches, watch => watch.Complete(output));
        }

        foreach (TelemetryCollector collector in _started)
        {
            output.Write(collector.Status);
        }
    }
}
