using System.Diagnostics;
using System.Text;

namespace VmStats.Core.Tests.Processes;

/// <summary>This assembly's own program (see <see cref="ChildProgram"/>) as a process that can be killed without this one.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _text = new();

    private ChildProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has printed so far.</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    public static ChildProcess Start(params string[] arguments) => new(ChildProgram.Start(arguments));

    public static ChildProcess StartAs(string user, string program, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(ChildProgram.StartAs(user, program, environment, arguments));

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> WaitAsync()
    {
        using CancellationTokenSource bound = new(s_patience);
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: it gets no chance to clear up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_text)
        {
            _text.AppendLine(line.Data);
        }
    }
}
