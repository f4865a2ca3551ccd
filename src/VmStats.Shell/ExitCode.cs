namespace VmStats.Shell;

/// <summary>What the process ends with when a script does not say <c>exit N</c>.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>An uncaught error, a script that can't be parsed, or <c>$?</c> false at the end of -Command.</summary>
    public const int Failure = 1;

    /// <summary>A command line that isn't understood, as in sysexits.h.</summary>
    public const int Usage = 64;

    /// <summary>Stopped by Ctrl+C: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
