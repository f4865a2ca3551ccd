namespace VmStats.Core.Tests.Dumps;

/// <summary>Told of a dump's progress there and then, on the thread that looks after the dump.</summary>
internal sealed class ProgressListener(Action<MemoryDumpProgress> listen) : IProgress<MemoryDumpProgress>
{
    public void Report(MemoryDumpProgress value) => listen(value);
}
