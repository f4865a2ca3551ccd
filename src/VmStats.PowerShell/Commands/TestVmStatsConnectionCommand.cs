using System.Management.Automation;
using VmStats.Diagnostics;
using VmStats.PowerShell.Abstractions;
using VmStats.Text;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Tells whether the way from here to fresh data holds; with -Detailed each link of it, and how to fix the first that is broken.</summary>
/// <remarks>
/// Name resolution, TCP, TLS, server, authentication, database, schema, the age of the newest sample, samples that are ahead of
/// the clock here (with the VMs and hosts that wrote them), and for InfluxDB 3 what its caches lack, in this order. What comes after a broken link is skipped.
///
/// The answer is $true when no link is broken, and $false when one is, or when what names the store is wrong (which is an error,
/// too). Warnings say which link is broken, and what about the others wants attention; that breaks nothing. -Quiet leaves the
/// warnings out, and -Detailed gives an object for each link instead.
/// </remarks>
/// <example>
/// <code>Test-VmStatsConnection -Detailed</code>
/// Where does it hang?
/// </example>
/// <example>
/// <code>if (-not (Test-VmStatsConnection)) { exit 1 }</code>
/// A guard at the head of a runbook; a warning in its log names the broken link.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "VmStatsConnection", DefaultParameterSetName = AnswerSet)]
[OutputType(typeof(bool), ParameterSetName = [AnswerSet])]
[OutputType(typeof(VmStatsConnectionCheck), ParameterSetName = [DetailedSet])]
public sealed class TestVmStatsConnectionCommand : StoreCmdletBase
{
    private const string AnswerSet = "Answer";
    private const string DetailedSet = "Detailed";

    /// <summary>Gives what was found of each link, and how to fix it, instead of $true or $false.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DetailedSet)]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Only $true or $false: no warnings.</summary>
    [Parameter(ParameterSetName = AnswerSet)]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override void End()
    {
        bool holds = true;
        Run(async (output, cancellationToken) =>
        {
            try
            {
                VmStatsConnection connection = await output.OnPipelineAsync(() => ResolvedConnection);
                ConnectionChecker checker = new(connection.Options, connection.Store, TimeProvider.System);
                await foreach (VmStatsConnectionCheck check in checker.CheckAsync(cancellationToken))
                {
                    holds &= check.Result != VmStatsConnectionCheckResult.Failed;
                    Tell(check, output);
                }
            }
            catch (VmStatsException e) when (!Detailed)
            {
                // An error that ended the statement would let a script walk on past the guard.
                output.Error(e);
                holds = false;
            }
        });
        if (!Detailed)
        {
            WriteObject(holds);
        }
    }

    private void Tell(VmStatsConnectionCheck check, CommandOutput output)
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
