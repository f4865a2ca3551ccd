using System.Diagnostics;
using VmStats.Core.Tests.MemoryDumps;

namespace VmStats.Core.Tests.Processes;

/// <summary>What this assembly does when it is started as a program: the parts of tests that must be other processes.</summary>
internal static class ChildProgram
{
    /// <summary>Starts it with all its streams redirected.</summary>
    public static Process Start(params string[] arguments) => Process.Start(Describe(arguments))!;

    /// <summary>Starts it as another user (only root can), with nothing of this process's environment but what is given.</summary>
    public static Process StartAs(string user, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = Describe(arguments);
        string[] command = [start.FileName, .. start.ArgumentList];
        start = new("setpriv", [$"--reuid={user}", $"--regid={user}", "--init-groups", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static ProcessStartInfo Describe(string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
            ?? (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet");
        return new ProcessStartInfo(host, ["exec", typeof(ChildProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static async Task<int> Main(string[] arguments) =>
        await WriterProgram.RunAsync(arguments) ?? await DumpProgram.RunAsync(arguments) ?? 2;
}
