using System.Management.Automation;

namespace VmStats.PowerShell.Dumps;

/// <summary>
/// Asks for confirmation of an action. A PowerShell cmdlet has a single ConfirmImpact, Medium for the cmdlets that use this
/// class; a dangerous action asks like a cmdlet of high impact, unless -Confirm was given as true or false or the user has
/// changed $ConfirmPreference from its default. Must be called on the pipeline thread.
/// </summary>
internal sealed class Confirmation(PSCmdlet command)
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>
    /// True if the description of the action is shown before the action: with -WhatIf, -Confirm, the corresponding preference
    /// variables, or -Verbose. $VerbosePreference alone shows it in the newest versions of PowerShell only, so it is ignored.
    /// </summary>
    internal bool ShowsDescription => IsWhatIf || Confirms || Switch("Verbose") == true;

    private bool IsWhatIf => Switch("WhatIf") ?? LanguagePrimitives.IsTrue(Preference("WhatIfPreference"));

    private bool Confirms => Switch("Confirm")
        ?? (LanguagePrimitives.TryConvertTo(Preference("ConfirmPreference"), out ConfirmImpact minimum) && minimum is ConfirmImpact.Low or ConfirmImpact.Medium);

    /// <summary>Asks for confirmation, and returns true if the action may be performed; false with -WhatIf.</summary>
    /// <param name="description">The description of the action, for -WhatIf and -Verbose.</param>
    /// <param name="question">The question to ask.</param>
    /// <param name="caption">The caption of the question.</param>
    /// <param name="isGrave">Whether to ask even if a cmdlet of medium impact would not.</param>
    internal bool Ask(string description, string question, string caption, bool isGrave) =>
        command.ShouldProcess(description, question, caption)
        && (!isGrave || WasAsked() || command.ShouldContinue(question, caption, ref _yesToAll, ref _noToAll));

    private bool WasAsked() =>
        command.MyInvocation.BoundParameters.ContainsKey("Confirm") || Preference("ConfirmPreference") is not ConfirmImpact.High;

    // The value of a common switch parameter, or null if it wasn't given.
    private bool? Switch(string parameter) =>
        command.MyInvocation.BoundParameters.TryGetValue(parameter, out object? value) ? LanguagePrimitives.IsTrue(value) : null;

    private object? Preference(string variable) => command.SessionState.PSVariable.GetValue(variable);
}
