using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Processes;

/// <summary>A user other than root, as whom root runs this assembly's program.</summary>
/// <param name="name">The user; its group has the same name.</param>
/// <param name="folder">A folder that he can reach, for a copy of the program where he can't read the original.</param>
internal sealed class OrdinaryUser(string name, string folder)
{
    /// <summary>One that every Linux has.</summary>
    public const string Daemon = "daemon";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public string Name => name;

    /// <summary>Makes a folder of his own.</summary>
    public Task MakeFolderAsync(string path) => Tool.RunAsync("install", ["-d", "-m", "700", "-o", name, path], s_patience);

    /// <summary>Runs the program, with nothing of this process's environment but PATH.</summary>
    /// <param name="environment">What he has besides it.</param>
    /// <param name="arguments">The program's arguments.</param>
    public async Task<(int Code, string Text)> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root runs programs as another user.");
        Skip.IfNot(await MayAsync("-x", ChildProgram.Host), "An ordinary user may not run this machine's .NET.");
        Dictionary<string, string> all = new(environment) { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! };
        using ChildProcess child = ChildProcess.StartAs(name, await ReadableProgramAsync(), all, arguments);
        int code = await child.WaitAsync();
        return (code, child.Text);
    }

    // A checkout may lie where only its owner can read.
    private async Task<string> ReadableProgramAsync()
    {
        if (await MayAsync("-r", ChildProgram.Location))
        {
            return ChildProgram.Location;
        }

        string copy = Path.Combine(folder, "program");
        if (!Directory.Exists(copy))
        {
            await Tool.RunAsync("cp", ["-r", Path.GetDirectoryName(ChildProgram.Location)!, copy], s_patience);
            await Tool.RunAsync("chmod", ["-R", "a+rX", copy], s_patience);
        }

        return Path.Combine(copy, Path.GetFileName(ChildProgram.Location));
    }

    private async Task<bool> MayAsync(string what, string file) =>
        (await Tool.TryRunAsync("setpriv", [$"--reuid={name}", "--clear-groups", "test", what, file], s_patience)).Code == 0;
}
