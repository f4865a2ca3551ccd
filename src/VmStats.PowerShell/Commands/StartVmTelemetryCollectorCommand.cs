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

/// <summary>Starts a collector for each hypervisor: it polls it in the background of this session and writes to the store.</summary>
/// <remarks>
/// A collector ends with the session, by Stop-VmTelemetryCollector, or after -Count polls. While the store can't be reached the
/// points wait in a spool on disk, and whatever collector runs next brings them in. It goes on with its store when the session
/// connects to another. Hypervisors are asked at the same time whether they answer; for one that doesn't there is an error and
/// no collector, and the others are collected. -Wait shows their progress and returns when all have ended; Ctrl+C then stops
/// all of them in order.
/// </remarks>
/// <example>
/// <code>Start-VmTelemetryCollector -HypervisorUri qemu:///system -Interval 10s</code>
/// Collects in the background, every ten seconds.
/// </example>
/// <example>
/// <code>'qemu:///system', 'qemu+ssh://root@kvm2/system', 'qemu+ssh://root@kvm3/system' | Start-VmTelemetryCollector -Interval 10s</code>
/// A collector for each of three hosts; with -Wait they would run until Ctrl+C.
/// </example>
/// <example>
/// <code>Start-VmTelemetryCollector -Count 1 -Wait</code>
/// One sample of each VM and out: for a timer or cron.
/// </example>
[Cmdlet(VerbsLifecycle.Start, "VmTelemetryCollector", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(VmTelemetryCollectorStatus))]
public sealed class StartVmTelemetryCollectorCommand : StoreCmdletBase
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    // After that points go to the spool: while another program holds an embedded store's file, the queue stays short.
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);
    private readonly HashSet<IHypervisor> _asked = new(ReferenceEqualityComparer.Instance);
    private readonly List<TelemetryCollector> _started = [];
    private HypervisorSet? _hypervisors;

    /// <summary>
    /// The hypervisors, a collector for each: libvirt URIs such as qemu:///system, or sim://fleet?vms=20 for a simulated fleet. Without it: the connection's, else LIBVIRT_URI, else libvirt's own default.
    /// </summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LibvirtUri")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string?[]? HypervisorUri { get; set; }

    /// <summary>Time between polls, by the hypervisor's clock: 500ms, 10s, 1m. Without it POLL_INTERVAL, else one second.</summary>
    [Parameter(Position = 0)]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <summary>Each collector ends after so many polls.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>Returns when all collectors that it started have ended, and not before.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        _hypervisors = CreateHypervisorSet();
        _hypervisors.RefuseEmpty(HypervisorUri);
    }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (_hypervisors!.RefuseNothing(HypervisorUri, namesVm: false))
        {
            return;
        }

        VmStatsConnection connection = ResolvedConnection;
        IHypervisor[] hypervisors = [.. _hypervisors.Open(HypervisorSet.Named(HypervisorUri)).Where(_asked.Add)];
        Run(async (output, cancellationToken) =>
        {
            // A database that isn't there takes nothing, however long the points wait.
            await WriteTarget.RequireAsync(connection.Store, cancellationToken);
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
            // Who waits for collectors has none left when the command ends early, by Ctrl+C or a failure further up the pipeline.
            Task.WhenAll(_started.Where(collector => !collector.Completion.IsCompleted).Select(collector => collector.StopAsync(CancellationToken.None)))
                .GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    // One that doesn't answer doesn't hold up the others: each is started as soon as it has answered.
    private async Task<TelemetryCollector?> StartAsync(
        IHypervisor hypervisor, VmStatsConnection connection, CommandOutput output, CancellationToken cancellationToken)
    {
        // A hypervisor that can't be reached at all is an error now, not a line in a status that nobody reads.
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

        // A store of its own: the session may connect to another one while it collects.
        ITelemetryStore store = VmStatsSession.Open(connection.Options with { LockTimeout = s_lockTimeout }, connection.Source).Store;
        TelemetryCollector collector = VmStatsSession.Current.Collectors.Start(Options(hypervisor, store));
        _started.Add(collector);
        return collector;
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

    private async Task WaitAsync(CommandOutput output, CancellationToken cancellationToken)
    {
        CollectorWatch[] watches = [.. _started.Select(collector => new CollectorWatch(collector, Count, _started.Count > 1))];
        Task ended = Task.WhenAll(_started.Select(collector => collector.Completion));
        try
        {
            while (!ended.IsCompleted)
            {
                await Task.WhenAny(ended, Task.Delay(s_look, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                Array.ForEach(watches, watch => watch.Look(output));
            }

            Array.ForEach(watches, watch => watch.Look(output));
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
