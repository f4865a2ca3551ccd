using System.Collections;
using System.ComponentModel;
using System.Management.Automation;
using System.Management.Automation.Language;
using VmStats.PowerShell.Sessions;
using VmStats.Telemetry;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Completion;

/// <summary>The base class of completers that query the command's store. They wait for at most one second and never throw.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class StoreCompleter : IArgumentCompleter
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

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
            using CancellationTokenSource timeout = new(s_timeout);
            TelemetryReader reader = new(connection.Store);
            return CompletionText.Match(
                wordToComplete,
                Task.Run(() => ReadAsync(reader, fakeBoundParameters, timeout.Token), timeout.Token).GetAwaiter().GetResult()).ToArray();
        }
        catch (Exception e) when (e is VmStatsException or OperationCanceledException)
        {
            return [];
        }
    }

    /// <summary>Reads all possible values, each with a tooltip.</summary>
    /// <param name="reader">Reads the store.</param>
    /// <param name="parameters">The parameters that the command line already has.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    private protected abstract Task<IEnumerable<(string Value, string ToolTip)>> ReadAsync(
        TelemetryReader reader, IDictionary parameters, CancellationToken cancellationToken);
}
