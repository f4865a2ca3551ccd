using System.Management.Automation;
using VmStats.Configuration;
using VmStats.Dumps.Service;
using VmStats.Errors;

namespace VmStats.PowerShell.Dumps;

/// <summary>The original's dump service, for the cmdlets that are told to use it.</summary>
internal static class DumpServices
{
    /// <summary>A client of the service that was named, or that MEMDUMP_SERVICE_URL names.</summary>
    /// <exception cref="VmStatsException"><c>DumpServiceUrlInvalid</c>, <c>DumpServiceNotNamed</c>.</exception>
    internal static MemoryDumpServiceClient Open(string? url, VmStatsSettings settings)
    {
        Uri address = url is not null ? MemoryDumpServiceClient.ParseAddress(url)
            : settings.MemoryDumpServiceUrl ?? throw new VmStatsException(
                ErrorIds.DumpServiceNotNamed,
                VmStatsErrorKind.InvalidArgument,
                "-UseService was given, and MEMDUMP_SERVICE_URL names no dump service.",
                "Set it, or give -ServiceUrl http://host:5001.");
        return new MemoryDumpServiceClient(address, settings.MemoryDumpServiceTimeout);
    }

    /// <summary>Refuses a name that the service could mistake, and patterns, which it doesn't know.</summary>
    /// <param name="name">The name.</param>
    /// <param name="vms">The VMs that bear it among those which came down the pipeline.</param>
    /// <exception cref="VmStatsException"><c>DumpServiceNameAmbiguous</c>, <c>DumpServiceNameNeeded</c>.</exception>
    internal static void CheckName(string name, IReadOnlyCollection<Guid> vms)
    {
        MemoryDumpServiceClient.CheckName(name);
        if (vms.Count > 1)
        {
            throw new VmStatsException(
                ErrorIds.DumpServiceNameAmbiguous,
                VmStatsErrorKind.Ambiguous,
                $"{vms.Count} VMs named '{name}' come down the pipeline, and the dump service knows one by the name only.",
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
