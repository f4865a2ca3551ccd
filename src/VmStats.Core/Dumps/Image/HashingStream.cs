using System.Security.Cryptography;

namespace VmStats.Dumps.Image;

/// <summary>A stream that hashes the bytes that are read through it.</summary>
internal sealed class HashingStream(Stream source) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _peeked = [];

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Returns the first bytes without consuming them.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        byte[] start = new byte[count];
        _peeked = start[..source.ReadAtLeast(start, count, throwOnEndOfStream: false)];
        return _peeked;
    }

    /// <summary>Reads to the end of the stream.</summary>
    public void Drain(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        while (Read(buffer) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Returns the hash of all bytes read.</summary>
    public byte[] Finish() => _hash.GetHashAndReset();

    public override int Read(Span<byte> buffer)
    {
        int count;
        if (_peeked.Length > 0)
        {
            count = Math.Min(buffer.Length, _peeked.Length);
            _peeked.AsSpan(0, count).CopyTo(buffer);
            _peeked = _peeked[count..];
        }
        else
        {
            count = source.Read(buffer);
        }

        _hash.AppendData(buffer[..count]);
        BytesRead += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
