namespace VmStats.Shell;

/// <summary>Ctrl+C goes to whatever runs now, each time anew; pressed thrice at one thing that won't stop, it ends the process.</summary>
internal sealed class Interrupter : IDisposable
{
    private const int PressesToEnd = 3;

    private readonly Lock _gate = new();
    private Registration? _current;

    public Interrupter() => Console.CancelKeyPress += OnCancelKeyPress;

    /// <summary>Makes <paramref name="stop"/> the answer to Ctrl+C until the result is disposed.</summary>
    public IDisposable OnInterrupt(Action stop)
    {
        lock (_gate)
        {
            return _current = new Registration(this, stop, _current);
        }
    }

    public void Dispose() => Console.CancelKeyPress -= OnCancelKeyPress;

    private void OnCancelKeyPress(object? sender, ConsoleCancelEventArgs e)
    {
        // Inside the lock: what is being stopped can't be disposed of meanwhile.
        lock (_gate)
        {
            if (_current is not null)
            {
                e.Cancel = true;
                _current.Press();
            }
        }
    }

    private sealed class Registration(Interrupter owner, Action stop, Registration? outer) : IDisposable
    {
        private int _presses;

        public void Press()
        {
            switch (++_presses)
            {
                case 1:
                    stop();
                    break;
                case PressesToEnd:
                    Environment.Exit(ExitCode.Interrupted);
                    break;
                default:
                    Console.Error.WriteLine("Stopping. Press Ctrl+C once more to end the shell at once.");
                    break;
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._current = outer;
            }
        }
    }
}
