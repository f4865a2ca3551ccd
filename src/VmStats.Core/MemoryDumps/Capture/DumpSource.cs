namespace VmStats.MemoryDumps;

/// <summary>Where the raw image is read from.</summary>
internal abstract class DumpSource : IDisposable
{
    /// <summary>Reads what is there.</summary>
    /// <param name="buffer">Takes it.</param>
    /// <param name="milliseconds">Longest wait.</param>
    /// <returns>The count; 0 at the end; -1 when nothing came in time.</returns>
    public abstract int Read(Span<byte> buffer, int milliseconds);

    public abstract void Dispose();
}
