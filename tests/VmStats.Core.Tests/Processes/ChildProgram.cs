using System.Diagnostics;
using VmStats.Core.Tests.Dumps;
using VmStats.Fixtures;

namespace VmStats.Core.Tests.Processes;

/// <summary>What this assembly does when it is started as a program: the parts of tests that must be other processes.</summary>
internal static class ChildProgram
{
    /// <summary>Its file.</summary>
    public static string Location => typeof(ChildProgram).Assembly.Location;

    /// <summary>The .NET host that runs it.</summary>
    public static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : Part.Find("dotnet") ?? "dotnet");

    /// <summary>Starts it with all its streams redirected.</summary>
    public static Process Start(params string[] arguments) => Process.Start(Describe(Location, arguments))!;

    /// <summary>Starts it with more in its environment.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = Describe(Location, arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Starts it as another user (only root can), with nothing of this process's environment but what is given.</summary>
    /// <param name="user">The user.</param>
    /// <param name="program">Its file, where the user can read it.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Process StartAs(string user, string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = Describe(program, arguments);
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

    private static ProcessStartInfo Describe(string program, string[] arguments) => new(Host, ["exec", program, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static async Task<int> Main(string[] arguments) =>
        await WriterProgram.RunAsync(arguments) ?? await DumpProgram.RunAsync(arguments) ?? 2;
}
