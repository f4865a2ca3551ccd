using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using VmStats.Dumps.Image;

namespace VmStats.Dumps.Capture;

/// <summary>The result of a pipeline: sizes and hashes.</summary>
internal sealed record PipelineResult(long RawBytes, long StoredBytes, string Sha256, string StoredSha256);

/// <summary>
/// Hashes the raw bytes, compresses them, hashes the stored bytes and writes them, each stage on its own threads: a
/// guest is paused while its memory is read, so nothing here depends on the thread pool. The buffers limit the memory
/// used; the producer waits for a free one. If the whole image fits into the buffers, the work can be deferred until it
/// has arrived, since the guest's host has a limited number of cores.
/// </summary>
internal sealed class DumpPipeline : IDisposable
{
    public const int BlockBytes = 1 << 20;

    private static readonly byte[] s_zeros = new byte[BlockBytes];

    private readonly SafeFileHandle _output;
    private readonly BlockCompressor? _compressor;
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _go;
    private readonly BlockingCollection<DumpBlock> _toHash = [];
    private readonly BlockingCollection<DumpBlock> _toCompress = [];
    private readonly BlockingCollection<DumpBlock> _toWrite;
    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly SemaphoreSlim _buffers;
    private readonly List<Thread> _threads = [];
    private Exception? _failure;
    private byte[]? _rawHash;
    private byte[]? _storedHash;
    private long _rawBytes;
    private long _storedBytes;

    /// <summary>Starts the threads.</summary>
    /// <param name="output">The file; written from its start.</param>
    /// <param name="compressor">The compressor; null to store the raw bytes.</param>
    /// <param name="workers">Number of compression threads.</param>
    /// <param name="bufferBytes">Maximum bytes of raw memory that are buffered.</param>
    /// <param name="workLater">True to defer the work until the whole image has arrived or the buffers are full.</param>
    public DumpPipeline(SafeFileHandle output, BlockCompressor? compressor, int workers, long bufferBytes, bool workLater = false)
    {
        _go = new ManualResetEventSlim(!workLater);
        _output = output;
        _compressor = compressor;
        int buffers = (int)Math.Clamp(bufferBytes / BlockBytes, workers + 3, int.MaxValue / 2);
        _buffers = new SemaphoreSlim(buffers);

        // A block frees its buffer once it is hashed and compressed; the blocks that wait to be written are limited separately.
        _toWrite = new BlockingCollection<DumpBlock>(buffers);
        Start("hash", HashBlocks);
        Start("write", WriteBlocks);
        for (int i = 0; compressor is not null && i < workers; i++)
        {
            Start("compress", CompressBlocks);
        }
    }

    /// <summary>Bytes written so far.</summary>
    public long StoredBytes => Interlocked.Read(ref _storedBytes);

    /// <summary>The first failure of a stage, or null.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Returns a free buffer, or null if none became free in time or a stage has failed.</summary>
    public byte[]? TakeBuffer(int milliseconds)
    {
        try
        {
            if (!_buffers.Wait(0))
            {
                _go.Set();
                if (!_buffers.Wait(milliseconds, _stop.Token))
                {
                    return null;
                }
            }

            // Not zeroed: that would cost as much as the copy.
            return _free.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(BlockBytes);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Queues a filled buffer.</summary>
    public void Submit(byte[] buffer, int length)
    {
        // A block of zeros keeps its place in the order but uses no memory: its buffer is free at once.
        bool isZero = SparseWriter.IsZero(buffer.AsSpan(0, length));
        if (isZero)
        {
            _free.Add(buffer);
        }

        DumpBlock block = new(isZero ? s_zeros : buffer, length, isZero);
        _rawBytes += length;
        _toHash.Add(block);
        if (_compressor is not null)
        {
            _toCompress.Add(block);
        }

        try
        {
            _toWrite.Add(block, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // A stage has failed: the producer sees that when it requests the next buffer.
        }
    }

    /// <summary>Waits until everything is written.</summary>
    /// <exception cref="Exception">The exception that a stage failed with.</exception>
    public PipelineResult Complete()
    {
        _go.Set();
        _toHash.CompleteAdding();
        _toCompress.CompleteAdding();
        _toWrite.CompleteAdding();
        _threads.ForEach(thread => thread.Join());
        if (Failure is Exception failure)
        {
            throw failure;
        }

        string raw = Convert.ToHexString(_rawHash!).ToLowerInvariant();
        string stored = _storedHash is null ? raw : Convert.ToHexString(_storedHash).ToLowerInvariant();
        return new PipelineResult(_rawBytes, StoredBytes, raw, stored);
    }

    /// <summary>Stops all stages immediately.</summary>
    public void Abort(Exception why)
    {
        Interlocked.CompareExchange(ref _failure, why, null);
        _stop.Cancel();
    }

    public void Dispose()
    {
        Abort(new ObjectDisposedException(nameof(DumpPipeline)));
        _threads.ForEach(thread => thread.Join());
        _toHash.Dispose();
        _toCompress.Dispose();
        _toWrite.Dispose();
        _buffers.Dispose();
        _go.Dispose();
        _stop.Dispose();
    }

    private void HashBlocks()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (DumpBlock block in _toHash.GetConsumingEnumerable(_stop.Token))
        {
            hash.AppendData(block.Raw);
            Release(block);
        }

        _rawHash = hash.GetHashAndReset();
    }

    private void CompressBlocks()
    {
        foreach (DumpBlock block in _toCompress.GetConsumingEnumerable(_stop.Token))
        {
            block.Compressed = _compressor!.Compress(block.Raw, block.IsZero);
            Release(block);
            block.Ready.Set();
        }
    }

    private void WriteBlocks()
    {
        if (_compressor is null)
        {
            WriteRaw();
            return;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        WriteStored(hash, _compressor.Header.Span);
        foreach (DumpBlock block in _toWrite.GetConsumingEnumerable(_stop.Token))
        {
            block.Ready.Wait(_stop.Token);
            WriteStored(hash, block.Compressed.Span);
            _compressor.Append(block.Compressed);
            block.Compressed.Release();
        }

        WriteStored(hash, _compressor.Finish().Span);
        _storedHash = hash.GetHashAndReset();
    }

    private void WriteRaw()
    {
        // The stored bytes are the raw bytes: one hash serves for both.
        foreach (DumpBlock block in _toWrite.GetConsumingEnumerable(_stop.Token))
        {
            if (!block.IsZero)
            {
                SparseWriter.Write(_output, block.Raw, _storedBytes);
            }

            Interlocked.Add(ref _storedBytes, block.Length);
            Release(block);
        }

        RandomAccess.SetLength(_output, _storedBytes);
    }

    private void WriteStored(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_output, bytes, _storedBytes);
        hash.AppendData(bytes);
        Interlocked.Add(ref _storedBytes, bytes.Length);
    }

    private void Release(DumpBlock block)
    {
        if (block.ReleaseOne())
        {
            if (!block.IsZero)
            {
                _free.Add(block.Buffer);
            }

            _buffers.Release();
        }
    }

    private void Start(string name, Action stage)
    {
        Thread thread = new(() => Run(stage)) { IsBackground = true, Name = $"vmstats dump {name}" };
        _threads.Add(thread);
        thread.Start();
    }

    private void Run(Action stage)
    {
        try
        {
            _go.Wait(_stop.Token);
            stage();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Another stage failed, or the pipeline was aborted.
        }
        catch (Exception e)
        {
            Abort(e);
        }
    }
}
