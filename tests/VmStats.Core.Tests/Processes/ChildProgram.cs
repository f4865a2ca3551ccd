using VmStats.Core.Tests.MemoryDumps;

namespace VmStats.Core.Tests.Processes;

/// <summary>What this assembly does when it is started as a program: the parts of tests that must be other processes.</summary>
internal static class ChildProgram
{
    private static async Task<int> Main(string[] arguments) =>
        await WriterProgram.RunAsync(arguments) ?? await DumpProgram.RunAsync(arguments) ?? 2;
}
