using System.Diagnostics;
using System.Globalization;

namespace VmStats.Core.Tests.Processes;

/// <summary>This assembly as a program that writes (see <see cref="WriterProgram"/>), to be killed or ended by a test.</summary>
internal sealed class WriterProcess : IDisposable
{
    private static readonly TimeSpan s_ceiling = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _errors;

    public WriterProcess(params string[] arguments)
        : this(ChildProgram.Start(arguments))
    {
    }

    public WriterProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
        : this(ChildProgram.Start(environment, arguments))
    {
    }

    private WriterProcess(Process process)
    {
        _process = process;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Batches that it was told are safe.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Waits until so many batches have been acknowledged.</summary>
    public async Task ReachAsync(int batches)
    {
        using CancellationTokenSource limit = new(s_ceiling);
        while (Acknowledged < batches)
        {
            string? line = await _process.StandardOutput.ReadLineAsync(limit.Token);
            Assert.True(line is not null, line is null ? "It ended early. " + await _errors : null);
            Acknowledged = int.Parse(line!, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Kills it as <c>kill -9</c> does, in whatever it is at.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await DrainAsync();
        Assert.NotEqual(0, _process.ExitCode);
    }

    /// <summary>Lets it end in order.</summary>
    public async Task EndAsync()
    {
        _process.StandardInput.Close();
        await DrainAsync();
        Assert.True(_process.ExitCode == 0, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    // What was printed before the end was acknowledged, too; a line that the kill cut off has no end, and may be part of a number.
    private async Task DrainAsync()
    {
        using CancellationTokenSource limit = new(s_ceiling);
        string rest = await _process.StandardOutput.ReadToEndAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        string[] lines = rest.Split('\n');
        if (lines.Length > 1)
        {
            Acknowledged = int.Parse(lines[^2], CultureInfo.InvariantCulture);
        }
    }
}
