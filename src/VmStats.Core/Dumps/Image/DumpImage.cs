using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Image;

/// <summary>The result of reading a stored dump from start to end.</summary>
/// <param name="Sha256">The hash of the raw image; null if it could not be read to its end.</param>
/// <param name="RawBytes">The number of raw bytes that could be read.</param>
/// <param name="StoredSha256">The hash of the file.</param>
/// <param name="StoredBytes">The length of the file.</param>
/// <param name="Layout">The ELF header; null if the image is not an ELF core.</param>
/// <param name="Damage">Why the image could not be read to its end, or null.</param>
internal sealed record ImageScan(string? Sha256, long RawBytes, string StoredSha256, long StoredBytes, ElfLayout? Layout, string? Damage)
{
    /// <summary>A message if an ELF core is shorter than its own header states; null if it is complete.</summary>
    public string? CutOff => Layout is not null && RawBytes < Layout.TotalBytes
        ? string.Create(CultureInfo.InvariantCulture, $"The ELF header announces {Layout.TotalBytes} bytes, but the image has {RawBytes}.")
        : null;
}

/// <summary>Receives a chunk of the raw image.</summary>
internal delegate void ImageSink(ReadOnlySpan<byte> chunk, long offset, ElfLayout? layout);

/// <summary>
/// Reads a stored dump once: decompresses it according to its content, not its name, and hashes both the file and the
/// image as it reads.
/// </summary>
internal static class DumpImage
{
    private const int ChunkBytes = 1 << 20;
    private static readonly byte[] s_gzip = [0x1f, 0x8b];
    private static readonly byte[] s_zstd = [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Reads a dump.</summary>
    /// <param name="file">The file; it is closed at the end.</param>
    /// <param name="infrastructure">Provides the Zstandard decompressor.</param>
    /// <param name="sink">Receives each chunk while it is hashed; null for none.</param>
    /// <param name="progress">Receives the number of stored bytes read so far; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static Task<ImageScan> ScanAsync(FileStream file, IInfrastructure infrastructure, ImageSink? sink, IProgress<long>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => Scan(file, infrastructure, sink, progress, cancellationToken), cancellationToken);

    private static ImageScan Scan(FileStream file, IInfrastructure infrastructure, ImageSink? sink, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using HashingStream stored = new(file);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        RawScan raw = new(sink, hash);
        string? damage = null;
        try
        {
            Stream image = Expand(stored, infrastructure);
            using Stream? expander = ReferenceEquals(image, stored) ? null : image;
            while (raw.ReadChunk(image))
            {
                progress?.Report(stored.BytesRead);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException) && !raw.SinkFailed)
        {
            // Each decompressor throws exception types of its own for data that it can't decode.
            damage = e.Message;
        }

        // Bytes after the end of the image are part of the file's hash, too.
        stored.Drain(cancellationToken);
        return new ImageScan(
            damage is null ? Hex(hash.GetHashAndReset()) : null,
            raw.Bytes,
            Hex(stored.Finish()),
            stored.BytesRead,
            raw.Layout,
            damage);
    }

    private static Stream Expand(HashingStream stored, IInfrastructure infrastructure)
    {
        ReadOnlySpan<byte> start = stored.Peek(s_zstd.Length);
        return start.StartsWith(s_gzip) ? new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true)
            : start.StartsWith(s_zstd) ? infrastructure.CreateZstdDecompressor(stored)
            : stored;
    }

    private static string Hex(byte[] hash) => Convert.ToHexString(hash).ToLowerInvariant();

    private sealed class RawScan(ImageSink? sink, IncrementalHash hash)
    {
        // Two buffers: one is hashed while the other is filled.
        private byte[] _buffer = new byte[ChunkBytes];
        private byte[] _other = new byte[ChunkBytes];
        private Task _hashing = Task.CompletedTask;

        public long Bytes { get; private set; }

        public ElfLayout? Layout { get; private set; }

        public bool SinkFailed { get; private set; }

        public bool ReadChunk(Stream image)
        {
            int count = image.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false);
            _hashing.GetAwaiter().GetResult();
            if (count == 0)
            {
                return false;
            }

            byte[] chunk = _buffer;
            (_buffer, _other) = (_other, _buffer);
            _hashing = Task.Run(() => hash.AppendData(chunk, 0, count));
            Layout ??= Bytes == 0 ? ElfLayout.TryParse(chunk.AsSpan(0, count)) : null;
            Feed(chunk.AsSpan(0, count));
            Bytes += count;
            if (count < chunk.Length)
            {
                _hashing.GetAwaiter().GetResult();
                return false;
            }

            return true;
        }

        private void Feed(ReadOnlySpan<byte> chunk)
        {
            try
            {
                sink?.Invoke(chunk, Bytes, Layout);
            }
            catch
            {
                SinkFailed = true;
                _hashing.GetAwaiter().GetResult();
                throw;
            }
        }
    }
}
