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

/// <summary>Dumps the memory of running VMs; the dump is hashed, compressed and recorded while it is taken, in one pass.</summary>
/// <remarks>
/// The hypervisor writes an ELF core into a pipe; no uncompressed data reaches the disk (except with -Compression None). The
/// file appears under its final name only when it is complete, readable by its owner only, with a manifest next to it and a
/// line in the folder's ledger. A failed attempt leaves no file, but a record. The guest is paused while its memory is read.
///
/// Memory is volatile, so before it is read the command waits only for the hypervisor and the disk. VMs are looked up on the
/// hypervisor, and records are written during the dumps and after them. A record that the store hasn't accepted within its
/// timeout (INFLUX_TIMEOUT_S) waits in a file next to the dump; a warning says so, and the next dump writes it to the store.
///
/// -WhatIf, -Confirm and -Verbose show a plan: expected size, duration, pause and free space, estimated from the VM's earlier
/// dumps if the store returns them within two seconds. -Crash and -Reset ask for confirmation unless -Confirm:$false is given.
///
/// A VM that is piped in from a hypervisor is dumped there. If -HypervisorUri names several hypervisors, every VM with the
/// name is dumped; a VM that several hypervisors know, as after a migration, is dumped where it runs. A hypervisor that can't
/// be used is an error, and the VMs of the others are dumped. All hypervisors must run on this host.
///
/// With -ServiceUrl, the original's dump service takes the dump instead, into its own folder and uncompressed. The hash that
/// it reports isn't verified; the record says so.
/// </remarks>
/// <example>
/// <code>Invoke-MemoryDump db01</code>
/// Dumps one VM to DUMP_DIR, or to the default folder.
/// </example>
/// <example>
/// <code>Invoke-MemoryDump web* -Path /srv/dumps -Compression Gzip -Note 'case 4711'</code>
/// Dumps every running VM whose name begins with web, in a format that zcat and Volatility can read.
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* -HypervisorUri qemu:///system, qemu:///session | Invoke-MemoryDump</code>
/// Dumps each VM on its own hypervisor; -ThrottleLimit applies to all of them together.
/// </example>
/// <example>
/// <code>$job = Invoke-MemoryDump db01 -AsJob; Wait-Job $job; Receive-Job $job</code>
/// Takes the dump in a background job of the session; Stop-Job cancels it.
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

    // VMs from the pipeline may be on different hypervisors, each named by its HypervisorUri property.
    private readonly List<(string[] Hypervisors, VmTargets Vms)> _targets = [];
    private readonly Dictionary<IHypervisor, MemoryDumper> _dumpers = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<IHypervisor> _refused = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, HashSet<Guid>> _serviceVms = new(StringComparer.Ordinal);
    private DumpConfirmation? _confirmation;

    /// <summary>The names or UUIDs of VMs; wildcards are allowed, except with the dump service.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[]? Name { get; set; }

    /// <summary>The folder for the dumps. By default DUMP_DIR, otherwise the original's folder if it is writable, otherwise one in your data folder.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [Alias("DumpDirectory")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The compression: Zstd is fastest, Gzip can be read by every tool, None stores the plain ELF core.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public MemoryDumpCompression Compression { get; set; } = MemoryDumpCompression.Zstd;

    /// <summary>The compression level: 1 to 9 for gzip, 1 to 19 for Zstandard, by default 1. Not allowed without compression.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(1, 19)]
    public int? CompressionLevel { get; set; }

    /// <summary>The maximum number of dumps at the same time. By default MAX_PARALLEL_DUMPS, otherwise 2.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(1, 64)]
    public int? ThrottleLimit { get; set; }

    /// <summary>Crashes the VM after its memory is dumped: it will be off. Asks for confirmation.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Crash { get; set; }

    /// <summary>Resets the VM after its memory is dumped. Asks for confirmation.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Reset { get; set; }

    /// <summary>Requests that the VM isn't paused. QEMU pauses it nevertheless for a memory-only dump.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter Live { get; set; }

    /// <summary>Makes the hypervisor bypass the file system's cache if the image must go through a file; it has no effect if the image goes through a pipe.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter BypassCache { get; set; }

    /// <summary>The maximum size in bytes of the buffer in front of the compressor, by default 32MB. A guest whose memory fits in it is paused only for the time of a copy.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateRange(4L << 20, 1L << 40)]
    public long BufferSize { get; set; } = MemoryDumpRequest.DefaultBufferBytes;

    /// <summary>A note to store in the records, such as a case number.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    public string? Note { get; set; }

    /// <summary>The address of the original's dump service, such as http://kvm1:5001, which then takes the dumps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServiceSet)]
    [ValidateNotNullOrEmpty]
    public string? ServiceUrl { get; set; }

    /// <summary>Lets the dump service at MEMDUMP_SERVICE_URL take the dumps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UseServiceSet)]
    public SwitchParameter UseService { get; set; }

    /// <summary>The timeout for each dump, after which it is cancelled and the VM resumes. With the dump service, only the waiting ends: the service completes its dump.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Takes the dumps in the background of this session and returns a job immediately, for Get-Job, Wait-Job, Receive-Job and Stop-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private bool IsByService => ParameterSetName != LocalSet;

    private protected override bool OpensWithoutWaiting => true;

    /// <inheritdoc/>
    private protected override void Begin()
    {
        base.Begin();
        _confirmation = new DumpConfirmation(this, Crash, Reset);
        DumpParameterValidator.Check(Crash, Reset, Live, Compression, CompressionLevel);
        if (Live)
        {
            WriteWarning("QEMU pauses the guest for a memory-only dump, even with -Live.");
        }
    }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmTargets.ThrowIfNamedTwice(MyInvocation, NamedBy, Name, Uuid);
        if (IsByService)
        {
            foreach (string name in Name ?? [])
            {
                _serviceVms.TryAdd(name, []);
                _serviceVms[name].UnionWith(Uuid is Guid vm ? [vm] : []);
            }

            return;
        }

        if (Hypervisors.RejectEmptyRecord(HypervisorUri, namesVm: NamedBy is null))
        {
            return;
        }

        string[] hypervisors = HypervisorSet.UrisOf(HypervisorUri);
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
            // A job that was started disposes of its work itself.
            work?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // The loop for both hypervisors and the dump service: each planned dump is confirmed and then added to the work.
    private void Gather(MemoryDumpWork work)
    {
        ITelemetryStore store = OpenStore(work);
        Func<CommandOutput, CancellationToken, Task<IReadOnlyList<PlannedDump>>> plan = IsByService ? ByService(work, store) : ByHypervisors(work, store);
        Run(async (output, cancellationToken) =>
        {
            foreach (PlannedDump dump in await plan(output, cancellationToken))
            {
                if (await output.OnPipelineAsync(dump.Confirm))
                {
                    work.Add(dump);
                }
            }
        });
    }

    // A job needs a store of its own, since it continues when the session connects to another one.
    private ITelemetryStore OpenStore(MemoryDumpWork work)
    {
        if (!AsJob)
        {
            return Store;
        }

        ITelemetryStore own = VmStatsSession.Open(ResolvedConnection.Options, ResolvedConnection.Source, OpensWithoutWaiting).Store;
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

        MemoryDumpPlanner planner = new(_confirmation!.ShowsPlan ? store : null);
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

    // Uses the hypervisors' lists only; the store is not queried.
    private async Task<IReadOnlyList<(IHypervisor Hypervisor, VmInfo Vm)>> FindAsync(
        IReadOnlyList<IHypervisor> hypervisors, VmTargets vms, CommandOutput output, CancellationToken cancellationToken)
    {
        // Checked before the VMs are listed: otherwise a remote host that is down would be reported as such, although
        // starting it wouldn't help, since its VMs can't be dumped from here.
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
        MemoryDumpServiceClient client = DumpServiceFactory.Open(ServiceUrl, Settings);
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
            DumpServiceFactory.CheckName(name, vms);
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
