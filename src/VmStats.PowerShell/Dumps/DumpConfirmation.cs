using System.Management.Automation;
using VmStats.PowerShell.Formatting;

namespace VmStats.PowerShell.Dumps;

/// <summary>Asks before a dump; what crashes or resets a VM is grave.</summary>
internal sealed class DumpConfirmation(PSCmdlet command, bool crash, bool reset)
{
    private readonly Confirmation _confirmation = new(command);

    /// <summary>True where somebody gets to see the plan: then it is worth a look at earlier dumps.</summary>
    internal bool IsShown => _confirmation.IsShown;

    /// <summary>True when the dump is to be taken; false for -WhatIf too. Called by the pipeline thread.</summary>
    /// <param name="plan">What the dump would do.</param>
    /// <param name="host">The VM's host: VMs of several may bear the same name.</param>
    internal bool Ask(MemoryDumpPlan plan, string host)
    {
        string vm = $"{plan.Name} on {host}";
        string question = crash ? $"Dump the memory of {vm} and CRASH it: it will be off?"
            : reset ? $"Dump the memory of {vm} and RESET it?"
            : $"Dump the memory of {vm}? It is paused meanwhile.";
        return _confirmation.Ask(DumpPlanText.Of(plan), $"{question} Expected: {DumpPlanText.Expectation(plan)}.", DumpPlanText.Caption, isGrave: crash || reset);
    }

    /// <summary>True when the dump service is to take the dump; false for -WhatIf too. Called by the pipeline thread.</summary>
    /// <param name="vm">The VM's name.</param>
    /// <param name="service">The service's address.</param>
    internal bool Ask(string vm, string service) => _confirmation.Ask(
        DumpPlanText.Of(vm, service), $"Have the dump service dump the memory of {vm}? It is paused meanwhile.", DumpPlanText.Caption, isGrave: false);
}
