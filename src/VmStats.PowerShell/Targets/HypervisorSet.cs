using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Targets;

/// <summary>
/// The hypervisors that a command uses, each opened and queried once. A hypervisor that can't be opened or doesn't answer is
/// reported as an error once per command, and the others are still used.
/// </summary>
/// <param name="invocation">The invocation of the command. The set must be created before the first pipeline record.</param>
/// <param name="connectionUri">Returns the hypervisor of the command's connection; null where it has none.</param>
/// <param name="settings">Returns the settings of the environment.</param>
/// <param name="writeError">Writes a non-terminating error.</param>
internal sealed class HypervisorSet(InvocationInfo invocation, Func<string?> connectionUri, Func<VmStatsSettings> settings, Action<VmStatsException> writeError)
{
    private const string UriParameter = "HypervisorUri";

    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Dictionary<IHypervisor, Task<HypervisorVms?>> _lists = new(ReferenceEqualityComparer.Instance);

    // Stored here since thread-pool threads have no default runspace to look it up by.
    private readonly VmStatsSession _session = VmStatsSession.Current;

    /// <summary>True if -HypervisorUri was given as an argument rather than by the pipeline.</summary>
    internal bool IsGiven { get; } = invocation.BoundParameters.ContainsKey(UriParameter);

    /// <summary>Returns the hypervisors that a pipeline record names; a VM read from a store names none.</summary>
    internal static string[] UrisOf(string?[]? uris) => [.. (uris ?? []).OfType<string>().Where(uri => uri.Length > 0)];

    /// <summary>Rejects an empty -HypervisorUri argument. Must be called before the first pipeline record.</summary>
    /// <exception cref="VmStatsException">The argument is empty. Otherwise an unset variable would silently select the default hypervisor instead of the intended one.</exception>
    internal void ThrowIfEmpty(string?[]? uris)
    {
        if (IsGiven && (uris is not { Length: > 0 } || uris.Any(string.IsNullOrWhiteSpace)))
        {
            throw HypervisorErrors.InvalidUri("", "it is empty");
        }
    }

    /// <summary>
    /// Rejects a pipeline record that names neither a hypervisor nor a VM, for example from an unset variable: it must not
    /// select the default hypervisor or all VMs of the store. The error is written once per command.
    /// </summary>
    /// <param name="uris">The hypervisors that the record names.</param>
    /// <param name="namesVm">Whether the record names a VM.</param>
    /// <returns>True if the record was rejected.</returns>
    internal bool RejectEmptyRecord(string?[]? uris, bool namesVm)
    {
        bool isNothing = invocation.ExpectingInput && !namesVm && UrisOf(uris).Length == 0;
        if (isNothing)
        {
            Refuse("", HypervisorErrors.InvalidUri("", "what comes down the pipeline names none"));
        }

        return isNothing;
    }

    /// <summary>Opens hypervisors, each only once even if several URIs name it; the default one if there are no URIs.</summary>
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

    /// <summary>Lists the VMs of hypervisors, which are queried in parallel; the result is in the order of the hypervisors.</summary>
    internal async Task<IReadOnlyList<HypervisorVms>> ListAsync(
        IEnumerable<IHypervisor> hypervisors, CommandOutput output, CancellationToken cancellationToken)
    {
        HypervisorVms?[] lists = await Task.WhenAll(hypervisors.Select(hypervisor => TryListAsync(hypervisor, output, cancellationToken)));
        return [.. lists.OfType<HypervisorVms>()];
    }

    /// <summary>Lists the VMs of one hypervisor; null if it doesn't answer. Not thread-safe.</summary>
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
            _session.RegisterShownUri(hypervisor);
            return vms;
        }
        catch (VmStatsException e)
        {
            output.Error(e);
            return null;
        }
    }
}
