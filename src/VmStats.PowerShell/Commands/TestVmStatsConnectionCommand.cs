using System.Management.Automation;
using VmStats.Diagnostics;
using VmStats.PowerShell.Abstractions;
using VmStats.Text;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Tests each link of the chain from this session to fresh data in the store; with -Detailed returns the result of each link, and how to fix the first broken one.</summary>
/// <remarks>
/// The links are, in this order: proxy, name resolution, TCP, TLS, server, authentication, database, schema, the age of the
/// newest sample, samples ahead of the local clock (with the VMs and hosts that wrote them) and, for InfluxDB 3, VMs missing
/// from its caches. Links after a broken one are skipped.
///
/// The result is $true if no link is broken, and $false if one is, or if the configuration that names the store is invalid
/// (which is also an error). Warnings name the broken link, and problems of other links that don't break the connection.
/// -Quiet omits the warnings, and -Detailed returns an object for each link instead.
/// </remarks>
/// <example>
/// <code>Test-VmStatsConnection -Detailed</code>
/// Shows where the connection fails.
/// </example>
/// <example>
/// <code>if (-not (Test-VmStatsConnection)) { exit 1 }</code>
/// Stops a script at its beginning if the connection fails; a warning in its log names the broken link.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "VmStatsConnection", DefaultParameterSetName = AnswerSet)]
[OutputType(typeof(bool), ParameterSetName = [AnswerSet])]
[OutputType(typeof(VmStatsConnectionCheck), ParameterSetName = [DetailedSet])]
public sealed class TestVmStatsConnectionCommand : StoreCmdletBase
{
    private const string AnswerSet = "Answer";
    private const string DetailedSet = "Detailed";

    /// <summary>Returns the result of each link, and how to fix it, instead of $true or $false.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DetailedSet)]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Returns $true or $false without warnings.</summary>
    [Parameter(ParameterSetName = AnswerSet)]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override void End()
    {
        bool isHealthy = true;
        Run(async (output, cancellationToken) =>
        {
            try
            {
                VmStatsConnection connection = await output.OnPipelineAsync(() => ResolvedConnection);
                ConnectionChecker checker = new(connection.Options, connection.Store, TimeProvider.System);
                await foreach (VmStatsConnectionCheck check in checker.CheckAsync(cancellationToken))
                {
                    isHealthy &= check.Result != VmStatsConnectionCheckResult.Failed;
                    Report(check, output);
                }
            }
            catch (VmStatsException e) when (!Detailed)
            {
                // A terminating error would end the if statement around this command, and the script would continue after it.
                output.Error(e);
                isHealthy = false;
            }
        });
        if (!Detailed)
        {
            WriteObject(isHealthy);
        }
    }

    private void Report(VmStatsConnectionCheck check, CommandOutput output)
    {
        if (Detailed)
        {
            output.Write(check);
        }
        else if (!Quiet && check.Result is VmStatsConnectionCheckResult.Failed or VmStatsConnectionCheckResult.Warning)
        {
            output.Warning(SafeText.Printable($"{check}: {check.Detail} {check.Remedy}".TrimEnd()));
        }
    }
}
