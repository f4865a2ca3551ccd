using System.Management.Automation;
using VmStats.Dumps;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Service;
using VmStats.Hypervisors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Dumps;
using VmStats.PowerShell.Jobs;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Dumps the memory of running VMs: hashed, compressed and recorded while it is taken, in one pass.</summary>
/// <remarks>
/// The hypervisor writes an ELF core into a pipe; no raw byte reaches the disk. The file appears under its name only
/// when it is whole, readable by its owner alone, with a manifest beside it and a line in the folder's ledger. A failed
/// attempt leaves no file, and a record. The guest is paused while its memory is read.
///
/// Memory is volatile: nothing but the hypervisor and the disk is waited for before it comes. VMs are looked up at the
/// hypervisor, and records are written beside the dumps and after them. One that the store has not taken within its
/// time-out (INFLUX_TIMEOUT_S) waits in a file beside the dump; a warning says so, and the next dump brings it.
///
/// -WhatIf, -Confirm and -Verbose show a plan: expected size, time, pause and free space, by the VM's earlier dumps where
/// the store gives them within two seconds. -Crash and -Reset ask before they do it, unless -Confirm:$false is given.
///
/// A VM that comes from a hypervisor is dumped on that one; of several that -HypervisorUri names, each VM of the name is, and
/// one that several know, as after a migration, where it runs. A hypervisor that can't be used is an error, and the VMs of the
/// others are dumped. All must run on this host.
///
/// With -ServiceUrl the original's dump service does it instead, in its own folder, uncompressed. Nobody but that service
/// vouches for the hash that it reports: the record says so.
/// </remarks>
/// <example>
/// <code>Invoke-MemoryDump db01</code>
/// Dumps one VM into DUMP_DIR, or the default folder.
/// </example>
/// <example>
/// <code>Invoke-MemoryDump web* -Path /srv/dumps -Compression Gzip -Note 'case 4711'</code>
/// Dumps every running VM whose name begins with web, in a form that zcat and Volatility read.
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* -HypervisorUri qemu:///system, qemu:///session | Invoke-MemoryDump</code>
/// Dumps each VM on its own hypervisor; -ThrottleLimit holds for all of them together.
/// </example>
/// <example>
/// <code>$job = Invoke-MemoryDump db01 -AsJob; Wait-Job $job; Receive-Job $job</code>
/// Dumps in the background of the session; Stop-Job ends it.
/// </example>
/// <example>
/// <code>Invoke-MemoryDump db01 -ServiceUrl http://kvm1:5001</code>
/// Has the dump service on another host take the dump.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "MemoryDump", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = LocalSet)]
[OutputType(typeof(MemoryDumpRecord), typeof(Job))]
public sealed class InvokeMemoryDumpCommand : HypervisorCmdletBase
{
    private const string LocalSet = "Local";
    private const string ServiceSet = "Service";
    private const string UseServiceSet = "UseService";

    // What was piped in may come from several hypervisors, each by its own property.
    private readonly List<(string[] Hypervisors, VmTargets Vms)> _targets = [];
    private readonly Dictionary<IHypervisor, MemoryDumper> _dumpers = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<IHypervisor> _refused = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, HashSet<Guid>> _serviceVms = new(StringComparer.Ordinal);
    private DumpConfirmation? _confirmation;

    /// <summary>Names of VMs; wildcards are allowed, but not for the dump service. A UUID may stand for a name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[]? Name { get; set; }

    /// <summary>The folder for the dumps. Without it DUMP_DIR, else the original's folder where it can be written, else one in your data folder.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [Alias("DumpDirectory")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Zstd is fastest; Gzip is read by every tool; None keeps the ELF core as it is.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public MemoryDumpCompression Compression { get; set; } = MemoryDumpCompression.Zstd;

    /// <summary>1 to 9 for gzip, 1 to 19 for Zstandard; none without compression. Without it, 1.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(1, 19)]
    public int? CompressionLevel { get; set; }

    /// <summary>Dumps at the same time. Without it MAX_PARALLEL_DUMPS, else 2.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(1, 64)]
    public int? ThrottleLimit { get; set; }

    /// <summary>Crashes the VM when its memory is dumped: it will be off. Asks first.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Crash { get; set; }

    /// <summary>Resets the VM when its memory is dumped. Asks first.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Reset { get; set; }

    /// <summary>Asks not to pause the VM. QEMU pauses it all the same for a memory-only dump.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Live { get; set; }

    /// <summary>Has the hypervisor write past the file system's cache, where the image must go through a file; through a pipe there is none.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter BypassCache { get; set; }

    /// <summary>Bytes of memory that may wait for the compressor, 32MB without it. A guest that fits is paused no longer than a copy takes.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(4L << 20, 1L << 40)]
    public long BufferSize { get; set; } = MemoryDumpRequest.DefaultBufferBytes;

    /// <summary>A note for the records, such as a case number.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public string? Note { get; set; }

    /// <summary>The original's dump service, such as http://kvm1:5001, which is to take the dumps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServiceSet)]
    [ValidateNotNullOrEmpty]
    public string? ServiceUrl { get; set; }

    /// <summary>The dump service that MEMDUMP_SERVICE_URL names is to take the dumps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UseServiceSet)]
    public SwitchParameter UseService { get; set; }

    /// <summary>Longest time for each dump; when it is over, the dump is given up and the VM goes on. A dump of the service goes on, too.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Dumps in the background of this session and gives a job at once: Get-Job, Wait-Job, Receive-Job, Stop-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private bool IsByService => ParameterSetName != LocalSet;

    private protected override bool WaitsForNobody => true;

    /// <inheritdoc/>
    private protected override void Begin()
    {
        base.Begin();
        _confirmation = new DumpConfirmation(this, Crash, Reset);
        DumpFlags.Check(Crash, Reset, Live, Compression, CompressionLevel);
        if (Live)
        {
            WriteWarning("QEMU pauses the guest for a memory-only dump, with -Live too.");
        }
    }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmTargets.RefuseNamedTwice(MyInvocation, NamedBy, Name, Uuid);
        if (IsByService)
        {
            foreach (string name in Name ?? [])
            {
                _serviceVms.TryAdd(name, []);
                _serviceVms[name].UnionWith(Uuid is Guid vm ? [vm] : []);
            }

            return;
        }

        if (Hypervisors.RefuseNothing(HypervisorUri, namesVm: NamedBy is null))
        {
            return;
        }

        string[] hypervisors = HypervisorSet.Named(HypervisorUri);
        VmTargets? targets = _targets.Find(one => one.Hypervisors.SequenceEqual(hypervisors)).Vms;
        if (targets is null)
        {
            _targets.Add((hypervisors, targets = new VmTargets()));
        }

        targets.Add(null, Uuid is Guid uuid ? [uuid.ToString()] : Name);
    }

    /// <inheritdoc/>
    private protected override void End()
    {
        MemoryDumpWork? work = new();
        try
        {
            Gather(work);
            if (work.IsEmpty)
            {
                return;
            }

            if (AsJob)
            {
                MemoryDumpJob job = new(MyInvocation.Line, work);
                JobRepository.Add(job);
                work = null;
                VmStatsSession.Current.Start(job);
                WriteObject(job);
            }
            else
            {
                Run(work.RunAsync);
            }
        }
        finally
        {
            // A job closes what it was given.
            work?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // The one loop: what is planned, whoever takes it, is asked about and then done.
    private void Gather(MemoryDumpWork work)
    {
        ITelemetryStore store = OpenStore(work);
        Func<CommandOutput, CancellationToken, Task<IReadOnlyList<PlannedDump>>> plan = IsByService ? ByService(work, store) : ByHypervisors(work, store);
        Run(async (output, cancellationToken) =>
        {
            foreach (PlannedDump dump in await plan(output, cancellationToken))
            {
                if (await output.OnPipelineAsync(dump.Ask))
                {
                    work.Add(dump);
                }
            }
        });
    }

    // A job goes on when the session connects to another store, so it has one of its own.
    private ITelemetryStore OpenStore(MemoryDumpWork work)
    {
        if (!AsJob)
        {
            return Store;
        }

        ITelemetryStore own = VmStatsSession.Open(ResolvedConnection.Options, ResolvedConnection.Source, WaitsForNobody).Store;
        work.Own(own);
        return own;
    }

    private Func<CommandOutput, CancellationToken, Task<IReadOnlyList<PlannedDump>>> ByHypervisors(MemoryDumpWork work, ITelemetryStore store)
    {
        MemoryDumperOptions options = new()
        {
            Folder = DumpFolder(Path),
            MaxParallel = ThrottleLimit ?? Settings.MaxParallelDumps,
            RecordTimeout = ResolvedConnection.Options.Timeout,
        };
        SemaphoreSlim slots = new(options.MaxParallel);
        work.Own(slots);
        List<(IReadOnlyList<IHypervisor> Hypervisors, VmTargets Vms)> opened = [.. _targets.Select(target => (Hypervisors.Open(target.Hypervisors), target.Vms))];
        foreach (IHypervisor hypervisor in opened.SelectMany(target => target.Hypervisors).Where(hypervisor => !_dumpers.ContainsKey(hypervisor)))
        {
            _dumpers.Add(hypervisor, new MemoryDumper(hypervisor, store, InfrastructureLoader.Current, options, slots));
            work.Own(_dumpers[hypervisor]);
        }

        MemoryDumpPlanner planner = new(_confirmation!.IsShown ? store : null);
        return (output, cancellationToken) => PlanAsync(opened, planner, options.Folder, output, cancellationToken);
    }

    private async Task<IReadOnlyList<PlannedDump>> PlanAsync(
        IEnumerable<(IReadOnlyList<IHypervisor> Hypervisors, VmTargets Vms)> targets,
        MemoryDumpPlanner planner,
        string folder,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        List<(IHypervisor Hypervisor, MemoryDumpRequest Request)> wanted = [];
        foreach ((IReadOnlyList<IHypervisor> hypervisors, VmTargets vms) in targets)
        {
            wanted.AddRange((await FindAsync(hypervisors, vms, output, cancellationToken)).Select(found => (found.Hypervisor, Request(found.Vm))));
        }

        IReadOnlyList<MemoryDumpPlan> plans = await planner.PlanAsync([.. wanted.Select(one => one.Request)], folder, cancellationToken);
        return [.. wanted.Zip(plans, (one, plan) =>
            PlannedDump.Of(_dumpers[one.Hypervisor], one.Request, () => _confirmation!.Ask(plan, one.Hypervisor.HostName)))];
    }

    // By what the hypervisors say: no store is asked.
    private async Task<IReadOnlyList<(IHypervisor Hypervisor, VmInfo Vm)>> FindAsync(
        IReadOnlyList<IHypervisor> hypervisors, VmTargets vms, CommandOutput output, CancellationToken cancellationToken)
    {
        // Before the VMs are asked for: a remote host that is down would be told of instead, as if it could help to start it.
        IHypervisor[] dumpable = [.. hypervisors.Where(hypervisor => CanDump(hypervisor, output))];
        return await vms.ResolveAsync(await Hypervisors.ListAsync(dumpable, output, cancellationToken), output, cancellationToken);
    }

    private bool CanDump(IHypervisor hypervisor, CommandOutput output)
    {
        try
        {
            _dumpers[hypervisor].ThrowIfUnsupported();
            return true;
        }
        catch (VmStatsException e)
        {
            if (_refused.Add(hypervisor))
            {
                output.Error(e);
            }

            return false;
        }
    }

    private Func<CommandOutput, CancellationToken, Task<IReadOnlyList<PlannedDump>>> ByService(MemoryDumpWork work, ITelemetryStore store)
    {
        MemoryDumpServiceClient client = DumpServices.Open(ServiceUrl, Settings);
        work.Own(client);
        ServiceDumper dumper = new(client, store, MemoryDumpPaths.DefaultStateFolder) { RecordTimeout = ResolvedConnection.Options.Timeout };
        return (output, _) => Task.FromResult<IReadOnlyList<PlannedDump>>([.. _serviceVms
            .Where(one => IsNameUsable(one.Key, one.Value, output))
            .Select(one => PlannedDump.Of(dumper, one.Key, Timeout, () => _confirmation!.Ask(one.Key, client.Address)))]);
    }

    private static bool IsNameUsable(string name, IReadOnlyCollection<Guid> vms, CommandOutput output)
    {
        try
        {
            DumpServices.CheckName(name, vms);
            return true;
        }
        catch (VmStatsException e)
        {
            output.Error(e);
            return false;
        }
    }

    private MemoryDumpRequest Request(VmInfo vm) => new()
    {
        Vm = vm,
        Compression = Compression,
        CompressionLevel = CompressionLevel,
        Options = new CoreDumpOptions { Crash = Crash, Reset = Reset, Live = Live, BypassCache = BypassCache },
        Timeout = Timeout,
        BufferBytes = BufferSize,
        Note = Note,
    };
}
