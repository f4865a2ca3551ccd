using System.Globalization;
using System.Management.Automation.Host;

namespace VmStats.Shell;

/// <summary>What the engine asks of its host: a name, a user interface, and to remember <c>exit N</c>.</summary>
internal sealed class ShellHost : PSHost
{
    private readonly ShellHostUI _ui;

    public ShellHost(ShellHostUI ui) => _ui = ui;

    /// <summary>The N of <c>exit N</c>, or null while nobody asked to leave.</summary>
    public int? RequestedExitCode { get; private set; }

    public override string Name => "vmstats-shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version ?? new Version(0, 1);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => _ui;

    public override void SetShouldExit(int exitCode) => RequestedExitCode = exitCode;

    public override void EnterNestedPrompt() =>
        throw new NotSupportedException("This small host has no nested prompt; use pwsh.");

    public override void ExitNestedPrompt() =>
        throw new NotSupportedException("This small host has no nested prompt; use pwsh.");

    // A native program may leave a half-drawn progress line behind it, so it gets a clean one.
    public override void NotifyBeginApplication() => _ui.ClearProgress();

    public override void NotifyEndApplication()
    {
    }
}
