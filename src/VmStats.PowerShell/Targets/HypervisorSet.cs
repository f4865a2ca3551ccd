using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Targets;

/// <summary>
/// The hypervisors that a command speaks to, each opened and asked once. One that can't be opened, or doesn't answer, is an
/// error, told once a command, and the others go on.
/// </summary>
/// <param name="invocation">How the command was called. The set must be created before its first record.</param>
/// <param name="connectionUri">Returns the hypervisor of the command's connection; null where it has none.</param>
/// <param name="settings">Returns the settings of the environment.</param>
/// <param name="writeError">Writes a non-terminating error.</param>
internal sealed class HypervisorSet(InvocationInfo invocation, Func<string?> connectionUri, Func<VmStatsSettings> settings, Action<VmStatsException> writeError)
{
    private const string UriParameter = "HypervisorUri";

    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Dictionary<IHypervisor, Task<HypervisorVms?>> _lists = new(ReferenceEqualityComparer.Instance);

    // Work on the pool has no runspace of its own to find it by.
    private readonly VmStatsSession _session = VmStatsSession.Current;

    /// <summary>True where -HypervisorUri was given, and doesn't come down the pipeline.</summary>
    internal bool IsGiven { get; } = invocation.BoundParameters.ContainsKey(UriParameter);

    /// <summary>The hypervisors that a record names. A VM of a store comes down the pipeline without one.</summary>
    internal static string[] Named(string?[]? uris) => [.. (uris ?? []).OfType<string>().Where(uri => uri.Length > 0)];

    /// <summary>Refuses an argument that names none. To be called before the first record.</summary>
    /// <exception cref="VmStatsException">A variable that was never set would otherwise have another host polled, or dumped, than the one that was meant.</exception>
    internal void RefuseEmpty(string?[]? uris)
    {
        if (IsGiven && (uris is not { Length: > 0 } || uris.Any(string.IsNullOrWhiteSpace)))
        {
            throw HypervisorErrors.InvalidUri("", "it is empty");
        }
    }

    /// <summary>
    /// Refuses, once a command, a record of the pipeline that names no hypervisor, nor a VM: from a variable that was never set,
    /// perhaps. The usual hypervisor, or all VMs of the store, isn't what was piped in.
    /// </summary>
    /// <param name="uris">What the record names.</param>
    /// <param name="namesVm">Whether the record names a VM.</param>
    /// <returns>True when it was refused.</returns>
    internal bool RefuseNothing(string?[]? uris, bool namesVm)
    {
        bool isNothing = invocation.ExpectingInput && !namesVm && Named(uris).Length == 0;
        if (isNothing)
        {
            Refuse("", HypervisorErrors.InvalidUri("", "what comes down the pipeline names none"));
        }

        return isNothing;
    }

    /// <summary>Opens hypervisors, each once however it is named, or the usual one where none is named.</summary>
    internal IReadOnlyList<IHypervisor> Open(IReadOnlyList<string> uris)
    {
        string?[] names = uris.Count > 0 ? [.. uris] : [connectionUri() ?? _session.Connected?.HypervisorUri];
        List<IHypervisor> opened = [];
        foreach (string? name in names)
        {
            try
            {
                IHypervisor hypervisor = _session.OpenHypervisor(name, settings(), asShown: uris.Count > 0 && !IsGiven);
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

    /// <summary>The VMs of hypervisors, which are asked at the same time; in the order of the hypervisors.</summary>
    internal async Task<IReadOnlyList<HypervisorVms>> ListAsync(
        IEnumerable<IHypervisor> hypervisors, CommandOutput output, CancellationToken cancellationToken)
    {
        HypervisorVms?[] lists = await Task.WhenAll(hypervisors.Select(hypervisor => TryListAsync(hypervisor, output, cancellationToken)));
        return [.. lists.OfType<HypervisorVms>()];
    }

    /// <summary>The VMs of one hypervisor; null where it doesn't answer. To be called by one thread at a time.</summary>
    internal Task<HypervisorVms?> TryListAsync(IHypervisor hypervisor, CommandOutput output, CancellationToken cancellationToken)
    {
        if (!_lists.TryGetValue(hypervisor, out Task<HypervisorVms?>? list))
        {
            _lists.Add(hypervisor, list = AskAsync(hypervisor, output, cancellationToken));
        }

        return list;
    }

    private void Refuse(string uri, VmStatsException failure)
    {
        if (_refused.Add(uri))
        {
            writeError(failure);
        }
    }

    private async Task<HypervisorVms?> AskAsync(IHypervisor hypervisor, CommandOutput output, CancellationToken cancellationToken)
    {
        try
        {
            HypervisorVms vms = await HypervisorVms.ListAsync(hypervisor, cancellationToken);
            _session.Show(hypervisor);
            return vms;
        }
        catch (VmStatsException e)
        {
            output.Error(e);
            return null;
        }
    }
}
