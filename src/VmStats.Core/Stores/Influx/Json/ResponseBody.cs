using System.Buffers;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx.Json;

/// <summary>
/// The body of a response in a pooled buffer, which holds the unconsumed bytes and is filled in chunks; the timeout
/// applies until bytes can be consumed. A body that is cut off is an error here, so that no reader mistakes it for a
/// short response.
/// </summary>
internal sealed class ResponseBody : IAsyncDisposable
{
    private const int InitialSize = 128 * 1024;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly InfluxFailures _failures;
    private readonly RequestTimer _timer;
    private readonly bool _failsSilently;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private bool _isEmpty = true;
    private int _start;
    private int _end;

    private ResponseBody(HttpResponseMessage response, Stream stream, InfluxFailures failures, RequestTimer timer, bool failsSilently)
    {
        _failsSilently = failsSilently;
        _response = response;
        _stream = stream;
        _failures = failures;
        _timer = timer;
    }

    /// <summary>True at the end of the body.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The bytes that have been read and not consumed.</summary>
    public ReadOnlySpan<byte> Span => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes ownership of a response and its timer.</summary>
    /// <param name="response">The response.</param>
    /// <param name="failures">Creates the exceptions.</param>
    /// <param name="timer">Its timer.</param>
    /// <param name="failsSilently">True if a response that is cut off before its first byte means that the statement failed (InfluxDB 3).</param>
    public static async ValueTask<ResponseBody> OpenAsync(
        HttpResponseMessage response, InfluxFailures failures, RequestTimer timer, bool failsSilently)
    {
        Stream stream = await response.Content.ReadAsStreamAsync(timer.Token).ConfigureAwait(false);
        return new ResponseBody(response, stream, failures, timer, failsSilently);
    }

    /// <summary>Marks bytes as consumed.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (count > 0)
        {
            _timer.Progressed();
        }
    }

    /// <summary>Reads more; false at the end.</summary>
    public async ValueTask<bool> ReadAsync()
    {
        if (IsComplete)
        {
            return false;
        }

        MakeRoom();
        int read;
        try
        {
            _timer.Resume();
            read = await _stream.ReadAsync(_buffer.AsMemory(_end), _timer.Token).ConfigureAwait(false);
            _timer.Pause();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            throw _timer.WasCancelledByCaller ? _timer.Cancelled(e) : _failures.BrokenBody(e, _failsSilently && _isEmpty);
        }

        IsComplete = read == 0;
        _isEmpty &= read == 0;
        _end += read;
        return read > 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // Disposing of a response whose body is unread closes the connection, so the server stops working on the query.
        await _stream.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
        _timer.Dispose();
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        byte[] old = _buffer;
        int length = _end - _start;
        if (length > old.Length / 2)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(checked(old.Length * 2));
        }

        old.AsSpan(_start, length).CopyTo(_buffer);
        _start = 0;
        _end = length;
        if (!ReferenceEquals(old, _buffer))
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }
}
