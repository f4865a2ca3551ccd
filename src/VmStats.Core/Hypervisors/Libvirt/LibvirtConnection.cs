using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>An open connection and what it says of itself.</summary>
/// <param name="Handle">The connection.</param>
/// <param name="Uri">The URI that was opened, without user info; where none was named, the one that libvirt chose.</param>
/// <param name="HostName">The host's name.</param>
internal sealed record OpenedConnection(ConnectHandle Handle, string Uri, string HostName);

/// <summary>
/// Runs libvirt calls. They block, and can't be interrupted: each runs on a thread of its own, and whoever waits for it stops
/// waiting when the time is over or the call is cancelled. A connection that was lost is opened again, once a call.
/// </summary>
internal sealed class LibvirtConnection : IAsyncDisposable
{
    // More calls than this that never come back mean that the next wouldn't either.
    private const int MostCallsUnderWay = 16;

    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(2);

    private readonly object _lock = new();
    private readonly string? _uri;
    private readonly TimeSpan _timeout;
    private Task<OpenedConnection>? _opened;
    private int _underWay;
    private bool _isDisposed;

    public LibvirtConnection(string? uri, TimeSpan timeout)
    {
        _uri = uri;
        _timeout = timeout;
        DisplayUri = uri is null ? "libvirt's default" : LibvirtUri.Redact(uri);
    }

    /// <summary>How messages name it.</summary>
    public string DisplayUri { get; private set; }

    /// <summary>The connection; opened when it isn't yet.</summary>
    /// <exception cref="VmStatsException">It can't be opened, or not in time.</exception>
    public async Task<OpenedConnection> OpenAsync(CancellationToken cancellationToken)
    {
        Task<OpenedConnection> opening = Opening();
        try
        {
            OpenedConnection opened = await opening.WaitAsync(_timeout, cancellationToken).ConfigureAwait(false);
            DisplayUri = opened.Uri;
            return opened;
        }
        catch (TimeoutException)
        {
            throw LibvirtErrors.TimedOut(DisplayUri, "opening the connection", _timeout);
        }
        catch (LibvirtException e)
        {
            Forget(opening);
            throw LibvirtErrors.Opening(e, DisplayUri);
        }
        catch (VmStatsException)
        {
            Forget(opening);
            throw;
        }
    }

    /// <summary>Runs a call that may be repeated.</summary>
    /// <param name="what">What it does, for messages.</param>
    /// <param name="call">The call; libvirt's failures leave it as <see cref="LibvirtException"/>.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="LibvirtException">libvirt refused.</exception>
    /// <exception cref="VmStatsException">The hypervisor can't be reached, or doesn't answer in time.</exception>
    public async Task<T> RunAsync<T>(string what, Func<OpenedConnection, T> call, CancellationToken cancellationToken)
    {
        OpenedConnection opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await CallAsync(what, opened, call, cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException e) when (LibvirtErrors.IsConnectionLost(e.Error) || !IsAlive(opened))
        {
            Forget(opened);
        }

        opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await CallAsync(what, opened, call, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task<OpenedConnection>? opened;
        lock (_lock)
        {
            opened = _opened;
            _opened = null;
            _isDisposed = true;
        }

        if (opened is { IsCompletedSuccessfully: true })
        {
            // Closing asks the daemon; one that is stuck must not hold up the caller.
            ConnectHandle handle = (await opened.ConfigureAwait(false)).Handle;
            await Task.WhenAny(Task.Run(handle.Dispose), Task.Delay(s_closeTimeout)).ConfigureAwait(false);
        }
    }

    private static bool IsAlive(OpenedConnection opened) => LibvirtNative.IsAlive(opened.Handle) == 1;

    private Task<OpenedConnection> Opening()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _opened ??= BlockingCall.StartAsync(Open);
        }
    }

    private OpenedConnection Open()
    {
        LibvirtLibrary.Require();
        ConnectHandle handle = LibvirtNative.Open(_uri);
        if (handle.IsInvalid)
        {
            LibvirtError error = LibvirtError.Last();
            handle = LibvirtErrors.IsDenied(error) ? LibvirtNative.OpenReadOnly(_uri) : handle;
            if (handle.IsInvalid)
            {
                // The first refusal is the one that matters: read-write is what was wanted.
                throw new LibvirtException(error);
            }
        }

        string uri = LibvirtText.Take(LibvirtNative.GetUri(handle)) ?? _uri ?? "";
        string hostName = LibvirtText.Take(LibvirtNative.GetHostname(handle)) ?? throw new LibvirtException(LibvirtError.Last());
        return new(handle, LibvirtUri.Redact(_uri is not null && _uri.Contains("://", StringComparison.Ordinal) ? _uri : uri), hostName);
    }

    private async Task<T> CallAsync<T>(
        string what, OpenedConnection opened, Func<OpenedConnection, T> call, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _underWay) > MostCallsUnderWay)
        {
            Interlocked.Decrement(ref _underWay);
            throw LibvirtErrors.TimedOut(DisplayUri, what + "; earlier calls still wait for an answer", TimeSpan.Zero);
        }

        Task<T> running = BlockingCall.StartAsync(() =>
        {
            try
            {
                return call(opened);
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }
        });
        try
        {
            return await running.WaitAsync(_timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A peer that went away without a word never answers on this connection again: the next call opens another.
            Forget(opened);
            throw LibvirtErrors.TimedOut(DisplayUri, what, _timeout);
        }
    }

    private void Forget(OpenedConnection opened)
    {
        lock (_lock)
        {
            if (_opened is { IsCompletedSuccessfully: true } task && ReferenceEquals(task.Result, opened))
            {
                _opened = null;
            }
        }
    }

    private void Forget(Task<OpenedConnection> opening)
    {
        lock (_lock)
        {
            _opened = ReferenceEquals(_opened, opening) ? null : _opened;
        }
    }
}
