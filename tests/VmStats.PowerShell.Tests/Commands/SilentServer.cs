using System.Net;
using System.Net.Sockets;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>A server that takes every connection and never answers.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];

    /// <param name="connected">Done at each connection, before it is counted.</param>
    public SilentServer(Action? connected = null)
    {
        _listener.Start();
        _ = AcceptAsync(connected);
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Connections so far.</summary>
    public int Count
    {
        get
        {
            lock (_clients)
            {
                return _clients.Count;
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
        {
            _clients.ForEach(client => client.Dispose());
        }
    }

    private async Task AcceptAsync(Action? connected)
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                connected?.Invoke();
                lock (_clients)
                {
                    _clients.Add(client);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
