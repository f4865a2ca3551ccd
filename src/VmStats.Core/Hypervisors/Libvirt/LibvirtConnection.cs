using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>An open connection, with the URI and the host name that it reports.</summary>
/// <param name="Handle">The connection.</param>
/// <param name="Uri">The URI that was opened, without user info; if none was specified, libvirt's own choice.</param>
/// <param name="HostName">The host's name.</param>
internal sealed record OpenedConnection(ConnectHandle Handle, string Uri, string HostName);

/// <summary>
/// Runs libvirt calls. They block and can't be interrupted, so each runs on a dedicated thread, and the caller stops
/// waiting after the timeout or on cancellation. A lost connection is reopened, at most once per call.
/// </summary>
internal sealed class LibvirtConnection : IAsyncDisposable
{
    // If more calls than this never return, the next one wouldn't either.
    private const int MaximumPendingCalls = 16;

    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(2);

    private readonly object _lock = new();
    private readonly string? _uri;
    private readonly TimeSpan _timeout;
    private Task<OpenedConnection>? _opened;
    private int _pendingCalls;
    private bool _isDisposed;

    public LibvirtConnection(string? uri, TimeSpan timeout)
    {
        _uri = uri;
        _timeout = timeout;
        DisplayUri = uri is null ? "libvirt's default" : LibvirtUri.Redact(uri);
    }

    /// <summary>The URI that is shown in messages.</summary>
    public string DisplayUri { get; private set; }

    /// <summary>Returns the connection, opening it if needed.</summary>
    /// <exception cref="VmStatsException">The connection can't be opened, or not in time.</exception>
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

    /// <summary>Runs a call that may be retried.</summary>
    /// <param name="what">A description of the call, for messages.</param>
    /// <param name="call">The call; it throws libvirt's errors as <see cref="LibvirtException"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LibvirtException">libvirt reported an error.</exception>
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
            // Closing involves the daemon; a stuck one must not block the caller.
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
                // Reports the first error, since read-write access was requested.
                throw new LibvirtException(error);
            }
        }

        string uri = LibvirtStrings.ReadAndFree(LibvirtNative.GetUri(handle)) ?? _uri ?? "";
        string hostName = LibvirtStrings.ReadAndFree(LibvirtNative.GetHostname(handle)) ?? throw new LibvirtException(LibvirtError.Last());
        return new(handle, LibvirtUri.Redact(_uri is not null && _uri.Contains("://", StringComparison.Ordinal) ? _uri : uri), hostName);
    }

    private async Task<T> CallAsync<T>(
        string what, OpenedConnection opened, Func<OpenedConnection, T> call, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _pendingCalls) > MaximumPendingCalls)
        {
            Interlocked.Decrement(ref _pendingCalls);
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
                Interlocked.Decrement(ref _pendingCalls);
            }
        });
        try
        {
            return await running.WaitAsync(_timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A peer that disappeared without closing the connection never answers on it again: the next call opens a new one.
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
