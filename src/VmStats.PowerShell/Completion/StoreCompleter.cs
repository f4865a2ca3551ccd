using System.Collections;
using System.ComponentModel;
using System.Management.Automation;
using System.Management.Automation.Language;
using VmStats.PowerShell.Sessions;
using VmStats.Telemetry;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Completion;

/// <summary>The root of completers that ask the store that the command would read. They wait a second at most and never fail.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class StoreCompleter : IArgumentCompleter
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
            TelemetryReader reader = new(connection.Store);
            return CompletionText.Match(
                wordToComplete,
                Task.Run(() => ReadAsync(reader, fakeBoundParameters, patience.Token), patience.Token).GetAwaiter().GetResult()).ToArray();
        }
        catch (Exception e) when (e is VmStatsException or OperationCanceledException)
        {
            return [];
        }
    }

    /// <summary>The values that there are, each with a tool tip.</summary>
    /// <param name="reader">Reads the store.</param>
    /// <param name="parameters">What is given to the command already.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    private protected abstract Task<IEnumerable<(string Value, string ToolTip)>> ReadAsync(
        TelemetryReader reader, IDictionary parameters, CancellationToken cancellationToken);
}
