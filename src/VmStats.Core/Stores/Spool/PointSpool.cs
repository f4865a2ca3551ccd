using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VmStats.IO;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>
/// Keeps points on disk while their store can't be reached. Each store has its own folder, and each writer appends to its own
/// locked segment file in it, so that processes don't interfere. Segments are replayed in the order in which they were created,
/// by the next process that replays the spool.
/// </summary>
internal sealed class PointSpool : IDisposable
{
    private const string AboutName = "store.txt";
    private const int BeginAttempts = 3;

    private readonly SpoolOptions _options;
    private readonly string _name;
    private readonly object _lock = new();
    private FileStream? _segment;
    private long _lastStamp;

    /// <summary>Creates the spool of a store. No folder or file is created before the first append.</summary>
    public PointSpool(StoreInfo store, SpoolOptions? options = null)
    {
        _options = options ?? new SpoolOptions();
        Store = store;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{store.Address}\n{store.Database}"));
        _name = Convert.ToHexString(hash.AsSpan(0, 8)).ToLowerInvariant();
        Folder = Path.Combine(_options.Root, _name);
        Rejects = new RejectFile(Path.Combine(Folder, "rejected.jsonl"));
    }

    /// <summary>The store that the points are for.</summary>
    public StoreInfo Store { get; }

    /// <summary>The store's spool folder.</summary>
    public string Folder { get; }

    /// <summary>The file for points that the store rejects.</summary>
    public RejectFile Rejects { get; }

    /// <summary>True if points that the store rejects stay in the spool; otherwise they are written to <see cref="Rejects"/>.</summary>
    public bool KeepsRejected => _options.KeepsRejected;

    /// <summary>True if the folder has segments, so that there are probably points to replay.</summary>
    public bool HasPoints => Segments().Count > 0;

    /// <summary>Appends points. They are flushed to the disk when the method returns.</summary>
    /// <returns>The number of points that were dropped to make room; the oldest of the spool are dropped first.</returns>
    /// <exception cref="VmStatsException"><c>SpoolWriteFailed</c>: the points could not be written.</exception>
    public long Append(IReadOnlyList<Point> points)
    {
        if (points.Count == 0)
        {
            return 0;
        }

        byte[] record = SpoolSegment.Frame(SpoolCodec.Encode(points), points.Count);
        lock (_lock)
        {
            try
            {
                _segment ??= Begin();
                long end = _segment.Length;
                try
                {
                    _segment.Write(record);
                    _segment.Flush(flushToDisk: true);
                }
                catch (IOException)
                {
                    CutBack(_segment, end);
                    throw;
                }

                if (_segment.Length >= _options.SegmentSize)
                {
                    Seal();
                }

                return DropOldest();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw SpoolErrors.Unusable($"The spool '{Folder}' can't be written", Folder, e);
            }
        }
    }

    /// <summary>Closes this writer's segment, so that it can be replayed.</summary>
    public void Seal()
    {
        lock (_lock)
        {
            _segment?.Dispose();
            _segment = null;
        }
    }

    /// <summary>Returns the names of the segments, oldest first; none if the folder doesn't exist or can't be read.</summary>
    public IReadOnlyList<string> Segments()
    {
        try
        {
            using PinnedFolder folder = Open(FolderUse.Read);
            return Segments(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Opens the spool's folder to replay it.</summary>
    /// <exception cref="VmStatsException"><c>SpoolWriteFailed</c>: it can't be used, or other users could replace it or its contents.</exception>
    public PinnedFolder Open()
    {
        try
        {
            return Open(FolderUse.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SpoolErrors.Unusable($"The spool '{Folder}' can't be used", Folder, e);
        }
    }

    /// <summary>Checks in advance that the folder would be accepted when points have to be spooled. Nothing is created.</summary>
    /// <exception cref="VmStatsException"><c>SpoolWriteFailed</c>: other users could replace the folder or its contents.</exception>
    public void ThrowIfUnsafe()
    {
        try
        {
            Open(FolderUse.Write).Dispose();
        }
        catch (UnsafePathException e)
        {
            throw SpoolErrors.Unusable($"Points can't wait in the spool '{Folder}' while the store is away", Folder, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder doesn't exist yet, or has another problem that may be gone by the time it is needed.
        }
    }

    /// <summary>Opens a segment exclusively; returns null if another process has it open, it no longer exists, or it isn't a file of this user.</summary>
    public static FileStream? TryOpen(PinnedFolder folder, string name)
    {
        try
        {
            return folder.OpenFile(name, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Seal();

    private PinnedFolder Open(FolderUse use)
    {
        if (_options.Parent is null)
        {
            return PinnedFolder.Open(Folder, use);
        }

        using PinnedFolder root = _options.Parent.OpenFolder(Path.GetFileName(_options.Root), use);
        return root.OpenFolder(_name, use);
    }

    private static string[] Segments(PinnedFolder folder)
    {
        string[] names = folder.Names("*" + SpoolSegment.Extension);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private FileStream Begin()
    {
        using PinnedFolder folder = Open(FolderUse.Create);
        if (folder.Find(AboutName) is null)
        {
            using FileStream note = folder.OpenFile(AboutName, FileMode.OpenOrCreate, FileAccess.Write);
            note.Write(Encoding.UTF8.GetBytes($"{Store.Address}\n{Store.Database}\n"));
        }

        for (int attempt = 1; ; attempt++)
        {
            // The name sorts by time; the random part avoids collisions between processes.
            _lastStamp = Math.Max(_lastStamp + 1, DateTimeOffset.UtcNow.UtcTicks);
            string name = string.Create(CultureInfo.InvariantCulture, $"{_lastStamp:D19}-{Guid.NewGuid():N}{SpoolSegment.Extension}");
            try
            {
                FileStream segment = folder.OpenFile(name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                segment.Write(SpoolSegment.Mark);
                return segment;
            }
            catch (IOException) when (attempt < BeginAttempts)
            {
                // A replaying process may have opened the new file before this process locked it.
            }
        }
    }

    // A record that was truncated by a full disk must not precede the next record.
    private void CutBack(FileStream segment, long end)
    {
        try
        {
            segment.SetLength(end);
            segment.Position = end;
        }
        catch (IOException)
        {
            Seal();
        }
    }

    private long DropOldest()
    {
        using PinnedFolder folder = Open(FolderUse.Write);
        (string Name, long Length)[] files = [.. Segments(folder)
            .Select(name => (Name: name, Facts: folder.Find(name)))
            .Where(file => file.Facts is { IsRegular: true })
            .Select(file => (file.Name, file.Facts!.Value.Length))];
        long size = files.Sum(file => file.Length);
        long dropped = 0;
        foreach ((string name, long length) in files)
        {
            if (size <= _options.MaximumSize)
            {
                break;
            }

            using FileStream? segment = TryOpen(folder, name);
            if (segment is not null)
            {
                dropped += SpoolSegment.CountPoints(segment);
                size -= length;
                folder.Delete(name);
            }
        }

        return dropped;
    }
}
