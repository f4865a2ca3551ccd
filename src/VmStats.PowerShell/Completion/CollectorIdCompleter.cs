using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes the ids of this session's collectors; the tooltip shows state, hypervisor and store.</summary>
public sealed class CollectorIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) => CompletionText.Match(
            wordToComplete,
            VmStatsSession.Current.Collectors.List().Select(collector => collector.Status)
                .Select(status => (status.Id.ToString(CultureInfo.InvariantCulture), $"{status.State}: {status.HypervisorUri} to {status.Store}")));
}
