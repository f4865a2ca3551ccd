namespace VmStats.Dumps.Capture;

/// <summary>A source of the raw image.</summary>
internal abstract class DumpSource : IDisposable
{
    /// <summary>Reads the bytes that are available.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="milliseconds">Maximum time to wait.</param>
    /// <returns>The number of bytes; 0 at the end of the image; -1 when no data arrived in time.</returns>
    public abstract int Read(Span<byte> buffer, int milliseconds);

    public abstract void Dispose();
}
