using System.Diagnostics;
using VmStats.Core.Tests.MemoryDumps;

namespace VmStats.Core.Tests.Processes;

/// <summary>What this assembly does when it is started as a program: the parts of tests that must be other processes.</summary>
internal static class ChildProgram
{
    /// <summary>Starts it with all its streams redirected.</summary>
    public static Process Start(params string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
            ?? (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet");
        return Process.Start(new ProcessStartInfo(host, ["exec", typeof(ChildProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task<int> Main(string[] arguments) =>
        await WriterProgram.RunAsync(arguments) ?? await DumpProgram.RunAsync(arguments) ?? 2;
}
