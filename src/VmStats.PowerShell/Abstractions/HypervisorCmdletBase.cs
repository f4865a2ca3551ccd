using System.ComponentModel;
using System.Management.Automation;
using VmStats.Hypervisors;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Sessions;
using VmStats.PowerShell.Targets;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The root of cmdlets that also speak to hypervisors.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class HypervisorCmdletBase : StoreCmdletBase
{
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Dictionary<IHypervisor, Task<HypervisorVms?>> _lists = new(ReferenceEqualityComparer.Instance);
    private VmStatsSession? _session;

    /// <summary>
    /// The hypervisors: libvirt URIs such as qemu:///system, or sim://fleet?vms=20 for a simulated fleet. Without it: the connection's, else LIBVIRT_URI, else libvirt's own default.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("LibvirtUri")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public virtual string?[]? HypervisorUri { get; set; }

    /// <summary>True where -HypervisorUri was given, and doesn't come down the pipeline.</summary>
    private protected bool IsHypervisorGiven { get; private set; }

    /// <summary>The hypervisors that this record names. A VM of a store comes down the pipeline without one.</summary>
    private protected string[] NamedHypervisors => [.. (HypervisorUri ?? []).OfType<string>().Where(uri => uri.Length > 0)];

    // Work on the pool has no runspace of its own to find it by.
    private VmStatsSession Session => _session ??= VmStatsSession.Current;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _session = VmStatsSession.Current;
        IsHypervisorGiven = MyInvocation.BoundParameters.ContainsKey(nameof(HypervisorUri));
        if (IsHypervisorGiven && (HypervisorUri is not { Length: > 0 } || HypervisorUri.Any(string.IsNullOrWhiteSpace)))
        {
            // A variable that was never set would otherwise have another host polled, or dumped, than the one that was meant.
            Guard(() => throw HypervisorErrors.InvalidUri("", "it is empty"));
        }
    }

    /// <summary>
    /// Opens hypervisors, each once however it is named, or the usual one where none is named. One that can't be opened is an
    /// error, told once a command, and the others go on.
    /// </summary>
    private protected IReadOnlyList<IHypervisor> OpenHypervisors(IReadOnlyList<string> uris)
    {
        VmStatsSession session = Session;
        string?[] names = uris.Count > 0 ? [.. uris] : [Connection?.HypervisorUri ?? session.Connected?.HypervisorUri];
        List<IHypervisor> opened = [];
        foreach (string? name in names)
        {
            try
            {
                IHypervisor hypervisor = session.OpenHypervisor(name, Settings, asShown: uris.Count > 0 && !IsHypervisorGiven);
                if (!opened.Contains(hypervisor))
                {
                    opened.Add(hypervisor);
                }
            }
            catch (VmStatsException e)
            {
                Refuse(name ?? "", e);
            }
        }

        return opened;
    }

    /// <summary>
    /// Refuses, once a command, a record of the pipeline that names no hypervisor, nor a VM: from a variable that was never set,
    /// perhaps. The usual hypervisor, or all VMs of the store, isn't what was piped in.
    /// </summary>
    /// <param name="namesVm">Whether the record names a VM.</param>
    /// <returns>True when it was refused.</returns>
    private protected bool RefuseNothing(bool namesVm)
    {
        bool isNothing = MyInvocation.ExpectingInput && !namesVm && NamedHypervisors.Length == 0;
        if (isNothing)
        {
            Refuse("", HypervisorErrors.InvalidUri("", "what comes down the pipeline names none"));
        }

        return isNothing;
    }

    private void Refuse(string uri, VmStatsException failure)
    {
        if (_refused.Add(uri))
        {
            WriteError(failure);
        }
    }

    /// <summary>
    /// The VMs of hypervisors, which are asked at the same time, and once a command; in the order of the hypervisors. One that
    /// doesn't answer is an error, told once, and the others go on.
    /// </summary>
    private protected async Task<IReadOnlyList<HypervisorVms>> ListAsync(
        IEnumerable<IHypervisor> hypervisors, CommandOutput output, CancellationToken cancellationToken)
    {
        HypervisorVms?[] lists = await Task.WhenAll(hypervisors.Select(hypervisor => TryListAsync(hypervisor, output, cancellationToken)));
        return [.. lists.OfType<HypervisorVms>()];
    }

    /// <summary>The VMs of one hypervisor; null where it doesn't answer. To be called by one thread at a time.</summary>
    private protected Task<HypervisorVms?> TryListAsync(IHypervisor hypervisor, CommandOutput output, CancellationToken cancellationToken)
    {
        if (!_lists.TryGetValue(hypervisor, out Task<HypervisorVms?>? list))
        {
            _lists.Add(hypervisor, list = AskAsync(hypervisor, output, cancellationToken));
        }

        return list;
    }

    private async Task<HypervisorVms?> AskAsync(IHypervisor hypervisor, CommandOutput output, CancellationToken cancellationToken)
    {
        try
        {
            HypervisorVms vms = await HypervisorVms.ListAsync(hypervisor, cancellationToken);
            Session.Show(hypervisor);
            return vms;
        }
        catch (VmStatsException e)
        {
            output.Error(e);
            return null;
        }
    }
}
