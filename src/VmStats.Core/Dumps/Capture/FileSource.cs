namespace VmStats.Dumps.Capture;

/// <summary>A raw image that the hypervisor has written to a file.</summary>
internal sealed class FileSource(FileStream file) : DumpSource
{
    public override int Read(Span<byte> buffer, int milliseconds) => file.Read(buffer);

    public override void Dispose() => file.Dispose();
}
