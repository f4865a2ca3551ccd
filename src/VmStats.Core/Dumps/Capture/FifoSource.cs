using Microsoft.Win32.SafeHandles;
using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>
/// The read end of a FIFO, opened before any writer. There is no data until a writer has connected; once the last
/// writer has closed its end, reading reaches the end of the stream.
/// </summary>
internal sealed class FifoSource : DumpSource
{
    private const int PipeBytes = 1 << 20;

    private readonly SafeFileHandle _reader;

    // Refers to the FIFO even after it is unlinked, so that a writer that is blocked in open() can still be released.
    private readonly SafeFileHandle _name;

    public FifoSource(PinnedFolder folder, string name)
    {
        _reader = folder.OpenPipe(name);
        _name = Libc.Open($"/proc/self/fd/{_reader.DangerousGetHandle()}", Libc.O_PATH);
        Libc.SetPipeSize(_reader, PipeBytes);
    }

    public override int Read(Span<byte> buffer, int milliseconds)
    {
        // A FIFO that has never had a writer raises no event at all; reading it would look like its end.
        short events = Libc.Poll(_reader, milliseconds);
        return (events & (Libc.POLLIN | Libc.POLLHUP)) == 0 ? -1 : Libc.Read(_reader, buffer);
    }

    /// <summary>Changes the FIFO's owner.</summary>
    public void ChangeOwner(uint user) => Libc.ChangeOwner(_reader, user);

    /// <summary>Sets the FIFO's mode.</summary>
    public void SetMode(UnixFileMode mode) => UnixFiles.SetMode(_reader, mode);

    /// <summary>Closes the read end: a writer gets EPIPE.</summary>
    public void CloseReader() => _reader.Dispose();

    /// <summary>Opens and closes the read end once, so that a writer that is blocked in open() continues and then fails.</summary>
    public void ReleaseWriter()
    {
        using SafeFileHandle handle = Libc.Open($"/proc/self/fd/{_name.DangerousGetHandle()}", Libc.O_RDONLY | Libc.O_NONBLOCK);
    }

    public override void Dispose()
    {
        _reader.Dispose();
        _name.Dispose();
    }
}
