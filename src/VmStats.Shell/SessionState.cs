using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace VmStats.Shell;

/// <summary>The engine's own commands, and nothing that stands in the way of running a script or importing a module by path.</summary>
internal static class SessionState
{
    public static InitialSessionState Create()
    {
        DropForeignModulePaths();
        InitialSessionState state = InitialSessionState.CreateDefault2();
        RemoveDanglingAliases(state);
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        return state;
    }

    // Started from a pwsh, this process inherits the path of that pwsh's own modules. They are built for its engine,
    // not for ours: loading them by name fails half-way, or worse, half works.
    private static void DropForeignModulePaths()
    {
        if (Environment.GetEnvironmentVariable("PSModulePath") is { Length: > 0 } path)
        {
            IEnumerable<string> kept = path.Split(Path.PathSeparator)
                .Where(folder => !Directory.Exists(Path.Combine(folder, "Microsoft.PowerShell.Utility")));
            Environment.SetEnvironmentVariable("PSModulePath", string.Join(Path.PathSeparator, kept));
        }
    }

    // Most built-in aliases (ls, select, ft) stand for cmdlets that are not here; TAB must not offer them.
    private static void RemoveDanglingAliases(InitialSessionState state)
    {
        HashSet<string> commands = new(
            state.Commands.Where(command => command is not SessionStateAliasEntry).Select(command => command.Name),
            StringComparer.OrdinalIgnoreCase);
        string[] dangling = [.. state.Commands.OfType<SessionStateAliasEntry>()
            .Where(alias => !commands.Contains(alias.Definition))
            .Select(alias => alias.Name)];
        foreach (string name in dangling)
        {
            state.Commands.Remove(name, typeof(SessionStateAliasEntry));
        }
    }
}
