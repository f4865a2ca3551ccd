using System.Management.Automation;

namespace VmStats.PowerShell.Dumps;

/// <summary>
/// Asks before something is done. PowerShell has one impact for a cmdlet, Medium for those that use this; what is grave
/// asks as a cmdlet of high impact would: unless -Confirm was said either way, or the user's preference is another than
/// the default. Called by the pipeline thread.
/// </summary>
internal sealed class Confirmation(PSCmdlet command)
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>
    /// True where somebody gets to see what is done before it is: by -WhatIf and -Confirm, or the preferences that stand for
    /// them, and by -Verbose. The preference for verbose lines makes no line of this one, except in the newest shells.
    /// </summary>
    internal bool IsShown => IsWhatIf || Confirms || Said("Verbose") == true;

    private bool IsWhatIf => Said("WhatIf") ?? LanguagePrimitives.IsTrue(Preference("WhatIfPreference"));

    private bool Confirms => Said("Confirm")
        ?? (LanguagePrimitives.TryConvertTo(Preference("ConfirmPreference"), out ConfirmImpact least) && least is ConfirmImpact.Low or ConfirmImpact.Medium);

    /// <summary>True when it is to be done; false for -WhatIf too.</summary>
    /// <param name="description">What is done, for -WhatIf and -Verbose.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="caption">The question's caption.</param>
    /// <param name="isGrave">It asks even where a cmdlet of medium impact would not.</param>
    internal bool Ask(string description, string question, string caption, bool isGrave) =>
        command.ShouldProcess(description, question, caption)
        && (!isGrave || WasAsked() || command.ShouldContinue(question, caption, ref _yesToAll, ref _noToAll));

    private bool WasAsked() =>
        command.MyInvocation.BoundParameters.ContainsKey("Confirm") || Preference("ConfirmPreference") is not ConfirmImpact.High;

    private bool? Said(string parameter) =>
        command.MyInvocation.BoundParameters.TryGetValue(parameter, out object? value) ? LanguagePrimitives.IsTrue(value) : null;

    private object? Preference(string variable) => command.SessionState.PSVariable.GetValue(variable);
}
