using System.Management.Automation;
using VmStats.PowerShell.Formatting;

namespace VmStats.PowerShell.Dumps;

/// <summary>Asks for confirmation of a dump; crashing or resetting a VM counts as dangerous.</summary>
internal sealed class DumpConfirmation(PSCmdlet command, bool crash, bool reset)
{
    private readonly Confirmation _confirmation = new(command);

    /// <summary>True if the plan is shown to the user, so that it is worth reading the records of earlier dumps.</summary>
    internal bool ShowsPlan => _confirmation.ShowsDescription;

    /// <summary>Returns true if the dump may be taken; false with -WhatIf. Must be called on the pipeline thread.</summary>
    /// <param name="plan">The plan of the dump.</param>
    /// <param name="host">The VM's host, since VMs on different hosts may have the same name.</param>
    internal bool Ask(MemoryDumpPlan plan, string host)
    {
        string vm = $"{plan.Name} on {host}";
        string question = crash ? $"Dump the memory of {vm} and CRASH it: it will be off?"
            : reset ? $"Dump the memory of {vm} and RESET it?"
            : $"Dump the memory of {vm}? It is paused meanwhile.";
        return _confirmation.Ask(DumpPlanText.Of(plan), $"{question} Expected: {DumpPlanText.Expectation(plan)}.", DumpPlanText.Caption, isGrave: crash || reset);
    }

    /// <summary>Returns true if the dump service may take the dump; false with -WhatIf. Must be called on the pipeline thread.</summary>
    /// <param name="vm">The VM's name.</param>
    /// <param name="service">The service's address.</param>
    internal bool Ask(string vm, string service) => _confirmation.Ask(
        DumpPlanText.Of(vm, service), $"Have the dump service dump the memory of {vm}? It is paused meanwhile.", DumpPlanText.Caption, isGrave: false);
}
