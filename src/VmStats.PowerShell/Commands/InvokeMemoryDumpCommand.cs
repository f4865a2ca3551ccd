using System.Globalization;
using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Formatting;
using VmStats.PowerShell.Transformation;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Dumps the memory of running VMs: hashed, compressed and recorded while it is taken, in one pass.</summary>
/// <remarks>
/// The hypervisor writes an ELF core into a pipe; no raw byte reaches the disk. The file appears under its name only
/// when it is whole, readable by its owner alone, with a manifest beside it and a line in the folder's ledger. A failed
/// attempt leaves no file, and a record. The guest is paused while its memory is read.
///
/// -WhatIf shows a plan: expected size, time, pause and free space.
/// </remarks>
/// <example>
/// <code>Get-MonitoredVm db01 | Invoke-MemoryDump</code>
/// Dumps one VM into DUMP_DIR, or the default folder.
/// </example>
/// <example>
/// <code>Invoke-MemoryDump web* -Path /srv/dumps -Compression Gzip -Note 'case 4711'</code>
/// Dumps every running VM whose name begins with web, in a form that zcat and Volatility read.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "MemoryDump", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MemoryDumpRecord))]
public sealed class InvokeMemoryDumpCommand : HypervisorCommand
{
    // What was piped in may come from several hypervisors, each by its own property.
    private readonly SortedDictionary<string, VmTargets> _targets = new(StringComparer.Ordinal);

    /// <summary>Names of VMs; wildcards are allowed. A UUID may stand for a name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>A VM's UUID. A VM from the pipeline is known by it alone.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>The folder for the dumps. Without it DUMP_DIR, else the original's folder where it can be written, else one in your data folder.</summary>
    [Parameter]
    [Alias("DumpDirectory")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Zstd is fastest; Gzip is read by every tool; None keeps the ELF core as it is.</summary>
    [Parameter]
    public MemoryDumpCompression Compression { get; set; } = MemoryDumpCompression.Zstd;

    /// <summary>1 to 9 for gzip, 1 to 19 for Zstandard. Without it, 1.</summary>
    [Parameter]
    [ValidateRange(1, 19)]
    public int? CompressionLevel { get; set; }

    /// <summary>Dumps at the same time. Without it MAX_PARALLEL_DUMPS, else 2.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int? ThrottleLimit { get; set; }

    /// <summary>Crashes the VM when its memory is dumped: it will be off.</summary>
    [Parameter]
    public SwitchParameter Crash { get; set; }

    /// <summary>Resets the VM when its memory is dumped.</summary>
    [Parameter]
    public SwitchParameter Reset { get; set; }

    /// <summary>Asks not to pause the VM. QEMU pauses it all the same for a memory-only dump.</summary>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <summary>Longest time for each dump; when it is over, the dump is given up and the VM goes on.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>A note for the records, such as a case number.</summary>
    [Parameter]
    public string? Note { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string hypervisor = HypervisorUri ?? "";
        if (!_targets.TryGetValue(hypervisor, out VmTargets? targets))
        {
            _targets.Add(hypervisor, targets = new VmTargets());
        }

        targets.Add(null, Uuid is Guid uuid ? [uuid.ToString()] : Name);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Live)
        {
            WriteWarning("QEMU pauses the guest for a memory-only dump, with -Live too.");
        }

        foreach ((string uri, VmTargets targets) in _targets)
        {
            HypervisorUri = uri.Length == 0 ? null : uri;
            Dump(OpenHypervisor(), targets);
        }
    }

    private static IEnumerable<VmInfo> Choose(IReadOnlyList<VmInfo> known, IReadOnlyList<MonitoredVm> chosen) =>
        known.Where(vm => chosen.Any(one => one.Uuid == vm.Uuid));

    private void Dump(IHypervisor hypervisor, VmTargets targets)
    {
        string folder = Path is not null
            ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path)
            : Settings.DumpDirectory ?? MemoryDumpPaths.DefaultDumpFolder;
        MemoryDumperOptions options = new() { Folder = folder, MaxParallel = ThrottleLimit ?? Settings.MaxParallelDumps };
        Stores.ITelemetryStore store = Store;
        using MemoryDumper dumper = new(hypervisor, store, InfrastructureLoader.Current, options);
        Run(async (output, cancellationToken) =>
        {
            List<Task> dumps = [];
            foreach (VmInfo vm in await ResolveAsync(hypervisor, targets, output, cancellationToken))
            {
                MemoryDumpRequest request = Request(vm);
                MemoryDumpPlan plan = await new MemoryDumpPlanner(store).PlanAsync(request, folder, cancellationToken);
                if (await output.OnPipelineAsync(() => ShouldProcess(Describe(plan), $"{Question(vm)}", "Memory dump")))
                {
                    dumps.Add(DumpAsync(dumper, request, output, dumps.Count + 1, cancellationToken));
                }
            }

            await Task.WhenAll(dumps);
        });
    }

    private static async Task<IReadOnlyList<VmInfo>> ResolveAsync(
        IHypervisor hypervisor, VmTargets targets, CommandOutput output, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmInfo> known = await hypervisor.ListAsync(cancellationToken);
        MonitoredVm[] candidates = known.Select(vm => new MonitoredVm { Name = vm.Name, Uuid = vm.Uuid, HostName = hypervisor.HostName }).ToArray();
        IReadOnlyList<MonitoredVm>? chosen = await targets.ResolveAsync(
            (names, _) => ValueTask.FromResult(VmResolver.Resolve(candidates, names, hypervisor.Uri)), output, cancellationToken);
        return Choose(known, chosen ?? []).ToArray();
    }

    private MemoryDumpRequest Request(VmInfo vm) => new()
    {
        Vm = vm,
        Compression = Compression,
        CompressionLevel = CompressionLevel,
        Options = new CoreDumpOptions { Crash = Crash, Reset = Reset, Live = Live },
        Timeout = Timeout,
        Note = Note,
    };

    private string Question(VmInfo vm) =>
        Crash ? $"Dump the memory of {vm.Name} and CRASH it: it will be off?"
        : Reset ? $"Dump the memory of {vm.Name} and RESET it?"
        : $"Dump the memory of {vm.Name}? It is paused meanwhile.";

    private static string Describe(MemoryDumpPlan plan)
    {
        string basis = plan.HistoryCount > 0 ? $"its last {plan.HistoryCount} dumps" : "its memory size";
        string free = plan.FreeBytes is long bytes ? $", {Display.Size(bytes)} free{(plan.Fits ? "" : ": it will not fit")}" : "";
        string pause = plan.PauseTime is TimeSpan time ? $", paused for about {Display.Duration(time)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Memory dump of {plan.Name} ({plan.Uuid}) to {plan.Folder}: about {Display.Size(plan.StoredBytes)} ({plan.Compression} of {Display.Size(plan.RawBytes)}) in about {Display.Duration(plan.Duration)}{pause}, by {basis}{free}.");
    }

    private static async Task DumpAsync(
        MemoryDumper dumper, MemoryDumpRequest request, CommandOutput output, int activity, CancellationToken cancellationToken)
    {
        DumpProgress progress = new(output, request.Vm.Name, activity);
        try
        {
            MemoryDumpRecord record = await dumper.DumpAsync(request, progress, cancellationToken);
            foreach (string warning in record.Warnings)
            {
                output.Warning(warning);
            }

            output.Write(record);
        }
        catch (VmStatsException e)
        {
            output.Error(e);
        }
        finally
        {
            progress.Complete();
        }
    }
}
