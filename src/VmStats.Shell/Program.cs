using VmStats.Shell;

if (!ShellArguments.TryParse(args, out ShellArguments? arguments, out string? mistake))
{
    await Console.Error.WriteLineAsync($"vmstats-shell: {mistake}{Environment.NewLine}{ShellArguments.Usage}").ConfigureAwait(false);
    return ExitCode.Usage;
}

if (arguments.Help)
{
    await Console.Out.WriteLineAsync(ShellArguments.Usage).ConfigureAwait(false);
    return ExitCode.Success;
}

using ShellSession session = new();
return session.Run(arguments);
