namespace VmStats.MemoryDumps;

/// <summary>A raw image that the hypervisor has written to a file.</summary>
internal sealed class FileSource(string path) : DumpSource
{
    private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    public override int Read(Span<byte> buffer, int milliseconds) => _file.Read(buffer);

    public override void Dispose() => _file.Dispose();
}
