using System.Runtime.InteropServices;

namespace VmStats.Core.Tests.Hypervisors;

/// <summary>Sends file descriptor 2, which native libraries print to, into a file for a while.</summary>
internal sealed partial class StandardErrorCapture : IDisposable
{
    private const int StandardError = 2;

    private readonly string _path = Path.GetTempFileName();
    private readonly FileStream _file;
    private readonly int _saved;
    private bool _isStopped;

    public StandardErrorCapture()
    {
        _file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _saved = Duplicate(StandardError);
        Assert.True(_saved >= 0 && DuplicateTo((int)_file.SafeFileHandle.DangerousGetHandle(), StandardError) >= 0);
    }

    /// <summary>Sends it where it went before, and returns what was printed.</summary>
    public string Stop()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            _ = DuplicateTo(_saved, StandardError);
            _ = Close(_saved);
            _file.Dispose();
        }

        return File.ReadAllText(_path);
    }

    public void Dispose()
    {
        Stop();
        File.Delete(_path);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateTo(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
