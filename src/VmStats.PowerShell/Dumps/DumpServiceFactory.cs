using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Dumps.Service;
using VmStats.Errors;

namespace VmStats.PowerShell.Dumps;

/// <summary>Access to the original's dump service for cmdlets with -ServiceUrl or -UseService.</summary>
internal static class DumpServiceFactory
{
    /// <summary>Creates a client for the service at the given URL or, if it is null, at MEMDUMP_SERVICE_URL.</summary>
    /// <exception cref="VmStatsException"><c>DumpServiceUrlInvalid</c>, <c>DumpServiceNotNamed</c>.</exception>
    internal static MemoryDumpServiceClient Open(string? url, VmStatsSettings settings)
    {
        Uri address = url is not null ? MemoryDumpServiceClient.ParseAddress(url)
            : settings.MemoryDumpServiceUrl ?? throw new VmStatsException(
                ErrorIds.DumpServiceNotNamed,
                VmStatsErrorKind.InvalidArgument,
                "-UseService was given, but MEMDUMP_SERVICE_URL is not set.",
                "Set it, or use -ServiceUrl http://host:5001.");
        return new MemoryDumpServiceClient(address, settings.MemoryDumpServiceTimeout);
    }

    /// <summary>Rejects ambiguous names, and wildcards, which the service doesn't support.</summary>
    /// <param name="name">The name.</param>
    /// <param name="vms">The VMs from the pipeline that have this name.</param>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>, <c>DumpServiceNameNeeded</c>.</exception>
    internal static void CheckName(string name, IReadOnlyCollection<Guid> vms)
    {
        MemoryDumpServiceClient.CheckName(name);
        if (vms.Count > 1)
        {
            throw new VmStatsException(
                ErrorIds.DumpServiceNameAmbiguous,
                VmStatsErrorKind.Ambiguous,
                $"{vms.Count} VMs named '{name}' were piped in, but the dump service identifies a VM by its name only.",
                "Pipe in the VM of the service's own host only, or run Invoke-MemoryDump on each host itself.",
                name);
        }

        if (WildcardPattern.ContainsWildcardCharacters(name))
        {
            throw new VmStatsException(
                ErrorIds.DumpServiceNameNeeded,
                VmStatsErrorKind.InvalidArgument,
                $"The dump service takes no wildcards: '{name}'.",
                "Pipe VMs in: Get-MonitoredVm db* | Invoke-MemoryDump -ServiceUrl ...",
                name);
        }
    }
}
