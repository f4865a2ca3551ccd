using System.Diagnostics;
using VmStats.Configuration;

namespace VmStats.MemoryDumps;

/// <summary>Expands stored dumps, verifying on the way: what doesn't agree with its manifest isn't left behind.</summary>
internal sealed class MemoryDumpExpander(IInfrastructure infrastructure)
{
    /// <summary>Expands a dump to a new file, sparse, mode 0600, and notes it in the ledger.</summary>
    /// <param name="path">The dump.</param>
    /// <param name="destination">The new file; null for the dump's own path without <c>.gz</c> or <c>.zst</c> (or with <c>.raw</c>).</param>
    /// <param name="kind">ELF core, or physical memory.</param>
    /// <param name="overwrite">Replace a file that exists.</param>
    /// <param name="progress">Told the stored bytes read so far.</param>
    /// <param name="cancellationToken">Ends it; no file is left.</param>
    /// <exception cref="VmStatsException">
    /// <c>DumpNotFound</c>, <c>DumpExpandTargetExists</c>, <c>DumpHashDiffers</c>, <c>DumpDamaged</c>, <c>DumpNotElf</c>, <c>DiskFull</c>, <c>DumpWriteFailed</c>.
    /// </exception>
    public async Task<MemoryDumpExpansion> ExpandAsync(
        string path, string? destination, MemoryDumpImageKind kind, bool overwrite, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        string source = DumpCustody.Find(path);
        string target = Path.GetFullPath(destination ?? DefaultTarget(source, kind));
        if (target == source || (!overwrite && File.Exists(target)))
        {
            throw new VmStatsException("DumpExpandTargetExists", VmStatsErrorKind.InvalidOperation, $"The file '{target}' exists already.", "Name another -Destination, or use -Force.", target);
        }

        DumpManifest? manifest = DumpCustody.TryReadManifest(source);
        string partial = Path.Combine(Path.GetDirectoryName(target)!, $".{Guid.NewGuid():N}{DumpFile.PartialSuffix}");
        try
        {
            // Open, and so locked, until it has its name: a lock that is free would make it look left behind.
            using FileStream file = new(partial, UnixFiles.Options(FileMode.CreateNew, FileAccess.Write, FileShare.None));
            (ImageScan scan, long length) = await WriteAsync(source, file, kind, progress, cancellationToken).ConfigureAwait(false);
            Compare(source, scan, manifest);
            File.Move(partial, target, overwrite);
            LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Expand, source, manifest, null) with { Detail = $"{kind}: {target}" };
            await NoteAsync(source, entry, cancellationToken).ConfigureAwait(false);
            return new MemoryDumpExpansion
            {
                Path = target,
                SourcePath = source,
                Kind = kind,
                Name = manifest?.Name,
                Uuid = manifest?.Uuid,
                Bytes = length,
                Sha256 = scan.Sha256!,
                IsVerified = manifest is not null,
                Elapsed = Stopwatch.GetElapsedTime(started),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(target, e);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }

    private async Task<(ImageScan Scan, long Length)> WriteAsync(string source, FileStream file, MemoryDumpImageKind kind, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long length = 0;
        ImageScan scan = await DumpImage.ScanAsync(source, infrastructure, Put, progress, cancellationToken).ConfigureAwait(false);
        RandomAccess.SetLength(file.SafeFileHandle, length);
        file.Flush(flushToDisk: true);
        return (scan, length);

        void Put(ReadOnlySpan<byte> piece, long offset, ElfLayout? layout)
        {
            if (kind == MemoryDumpImageKind.Elf)
            {
                SparseWriter.Write(file.SafeFileHandle, piece, offset);
                length = offset + piece.Length;
                return;
            }

            foreach (ElfSegment segment in (layout ?? throw DumpErrors.NotElf(Path.GetFileName(source))).Segments)
            {
                length = Math.Max(length, PutSegment(file, piece, offset, segment));
            }
        }
    }

    // The part of a piece that lies in a segment goes where the segment lies in the guest's memory.
    private static long PutSegment(FileStream file, ReadOnlySpan<byte> piece, long offset, ElfSegment segment)
    {
        long start = Math.Max(offset, segment.Offset);
        long end = Math.Min(offset + piece.Length, segment.Offset + segment.FileBytes);
        if (start < end)
        {
            SparseWriter.Write(file.SafeFileHandle, piece[(int)(start - offset)..(int)(end - offset)], segment.PhysicalAddress + (start - segment.Offset));
        }

        return segment.PhysicalAddress + segment.FileBytes;
    }

    private static void Compare(string source, ImageScan scan, DumpManifest? manifest)
    {
        if ((scan.Damage ?? scan.CutOff) is string damage)
        {
            throw new VmStatsException("DumpDamaged", VmStatsErrorKind.InvalidData, $"The dump '{source}' can't be expanded to its end: {damage}", "Use another dump of this VM; Test-MemoryDump says more.", source);
        }

        if (manifest is not null && (scan.Sha256 != manifest.Sha256 || scan.StoredSha256 != manifest.StoredSha256))
        {
            throw new VmStatsException("DumpHashDiffers", VmStatsErrorKind.InvalidData, $"The dump '{source}' is not what its manifest describes: a hash differs.", "Use another dump of this VM; Test-MemoryDump says what differs.", source);
        }
    }

    private static async Task NoteAsync(string source, LedgerEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await DumpCustody.LedgerOf(source).AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A copy on read-only media can be expanded, too; there is no custody to keep there.
        }
    }

    private static string DefaultTarget(string source, MemoryDumpImageKind kind)
    {
        string image = Path.GetExtension(source) is ".gz" or ".zst" ? source[..^Path.GetExtension(source).Length] : source;
        return kind == MemoryDumpImageKind.Raw ? Path.ChangeExtension(image, ".raw") : image;
    }
}
