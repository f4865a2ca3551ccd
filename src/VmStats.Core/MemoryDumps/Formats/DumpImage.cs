using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using VmStats.Configuration;

namespace VmStats.MemoryDumps;

/// <summary>What was found when a stored dump was read from end to end.</summary>
/// <param name="Sha256">Hash of the raw image; null when it could not be read to its end.</param>
/// <param name="RawBytes">Raw bytes that could be read.</param>
/// <param name="StoredSha256">Hash of the file.</param>
/// <param name="StoredBytes">Length of the file.</param>
/// <param name="Layout">The ELF header; null when it is no ELF core.</param>
/// <param name="Damage">Why the image could not be read to its end, or null.</param>
internal sealed record ImageScan(string? Sha256, long RawBytes, string StoredSha256, long StoredBytes, ElfLayout? Layout, string? Damage)
{
    /// <summary>What an ELF core lacks of what its own header promises, in words; null when nothing.</summary>
    public string? CutOff => Layout is not null && RawBytes < Layout.TotalBytes
        ? string.Create(CultureInfo.InvariantCulture, $"The ELF header promises {Layout.TotalBytes} bytes, the image has {RawBytes}.")
        : null;
}

/// <summary>Takes a piece of the raw image.</summary>
internal delegate void ImageSink(ReadOnlySpan<byte> piece, long offset, ElfLayout? layout);

/// <summary>Reads a stored dump once: expands it by what it is, not by its name, and hashes both sides on the way.</summary>
internal static class DumpImage
{
    private const int PieceBytes = 1 << 20;
    private static readonly byte[] s_gzip = [0x1f, 0x8b];
    private static readonly byte[] s_zstd = [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Reads a dump.</summary>
    /// <param name="file">The file; it is closed at the end.</param>
    /// <param name="infrastructure">Gives the Zstandard decompressor.</param>
    /// <param name="sink">Given each piece, while it is hashed; null for nobody.</param>
    /// <param name="progress">Told the stored bytes read so far; null for nobody.</param>
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
            while (raw.ReadPiece(image))
            {
                progress?.Report(stored.BytesRead);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException) && !raw.SinkFailed)
        {
            // Every decompressor has exceptions of its own for data that it can't make sense of.
            damage = e.Message;
        }

        // What stands behind the image's end belongs to the file's hash, too.
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
        private byte[] _buffer = new byte[PieceBytes];
        private byte[] _other = new byte[PieceBytes];
        private Task _hashing = Task.CompletedTask;

        public long Bytes { get; private set; }

        public ElfLayout? Layout { get; private set; }

        public bool SinkFailed { get; private set; }

        public bool ReadPiece(Stream image)
        {
            int count = image.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false);
            _hashing.GetAwaiter().GetResult();
            if (count == 0)
            {
                return false;
            }

            byte[] piece = _buffer;
            (_buffer, _other) = (_other, _buffer);
            _hashing = Task.Run(() => hash.AppendData(piece, 0, count));
            Layout ??= Bytes == 0 ? ElfLayout.TryParse(piece.AsSpan(0, count)) : null;
            Feed(piece.AsSpan(0, count));
            Bytes += count;
            if (count < piece.Length)
            {
                _hashing.GetAwaiter().GetResult();
                return false;
            }

            return true;
        }

        private void Feed(ReadOnlySpan<byte> piece)
        {
            try
            {
                sink?.Invoke(piece, Bytes, Layout);
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
