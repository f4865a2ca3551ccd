using System.Management.Automation;
using VmStats.PowerShell.Formatting;

namespace VmStats.PowerShell.Abstractions;

/// <summary>
/// Asks before a dump. PowerShell has one impact for a cmdlet, Medium here; what crashes or resets a VM asks as a cmdlet of
/// high impact would: unless -Confirm was said either way, or the user's preference is another than the default.
/// </summary>
internal sealed class DumpConfirmation(PSCmdlet command, bool crash, bool reset)
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>True when the dump is to be taken; false for -WhatIf too. Called by the pipeline thread.</summary>
    /// <param name="plan">What the dump would do.</param>
    /// <param name="host">The VM's host: VMs of several may bear the same name.</param>
    internal bool Ask(MemoryDumpPlan plan, string host)
    {
        string vm = $"{plan.Name} on {host}";
        string question = crash ? $"Dump the memory of {vm} and CRASH it: it will be off?"
            : reset ? $"Dump the memory of {vm} and RESET it?"
            : $"Dump the memory of {vm}? It is paused meanwhile.";
        return command.ShouldProcess(DumpPlanText.Of(plan), question, DumpPlanText.Caption)
            && (!(crash || reset) || WasAsked() || command.ShouldContinue(question, DumpPlanText.Caption, ref _yesToAll, ref _noToAll));
    }

    private bool WasAsked() =>
        command.MyInvocation.BoundParameters.ContainsKey("Confirm")
        || command.SessionState.PSVariable.GetValue("ConfirmPreference") is not ConfirmImpact.High;
}
