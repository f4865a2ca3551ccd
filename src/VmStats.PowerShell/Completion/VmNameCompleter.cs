using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using VmStats.Configuration;
using VmStats.PowerShell.Sessions;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes VM names from the store that the command would read. Waits a second at most and never fails.</summary>
public sealed class VmNameCompleter : IArgumentCompleter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        try
        {
            VmStatsSession session = VmStatsSession.Current;
            VmStatsConnection connection = fakeBoundParameters["Connection"] as VmStatsConnection
                ?? session.Connected
                ?? session.Resolve(InfrastructureLoader.Current.ReadEnvironment());
            using CancellationTokenSource patience = new(s_patience);
            IReadOnlyList<MonitoredVm> vms = Task.Run(
                () => new TelemetryReader(connection.Store).ListVmsAsync(patience.Token).AsTask(), patience.Token).GetAwaiter().GetResult();
            return CompletionText.Match(wordToComplete, vms.Select(vm => (vm.Name, $"{vm.Name} {vm.Uuid}"))).ToArray();
        }
        catch (Exception e) when (e is VmStatsException or OperationCanceledException)
        {
            return [];
        }
    }
}
