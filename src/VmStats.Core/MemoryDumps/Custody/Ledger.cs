namespace VmStats.MemoryDumps;

/// <summary>
/// The custody ledger of a dump folder: a file of JSON lines to which every capture, verification, expansion, removal,
/// hold and release is appended. Each line holds the hash of the one before, so that none can be changed or taken out
/// unseen; that the end was cut off, or the whole written anew, is seen by the heads kept in the store.
/// </summary>
internal sealed class Ledger(string folder)
{
    public const string FileName = "ledger.jsonl";

    /// <summary>What the first line names as the one before it.</summary>
    public static readonly string Genesis = new('0', 64);

    private const byte NewLine = (byte)'\n';
    private static readonly TimeSpan s_lockTime = TimeSpan.FromSeconds(30);

    private readonly string _path = System.IO.Path.Combine(folder, FileName);

    /// <summary>The file.</summary>
    public string Path => _path;

    private string LockPath => _path + ".lock";

    /// <summary>Appends an entry, with its sequence and the hash before it filled in; locked across processes, synced.</summary>
    /// <returns>The new head: the entry's hash.</returns>
    public async Task<string> AppendAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        using FileStream taken = await FileLock.TakeAsync(LockPath, s_lockTime, cancellationToken).ConfigureAwait(false);
        LedgerReading reading = ReadNow();
        (long sequence, string head) = reading.Last is LedgerLine last ? (last.Entry.Sequence, last.Hash) : (0, Genesis);
        List<byte> text = [];
        if (reading.LacksNewLine)
        {
            text.Add(NewLine);
        }

        if (reading.Torn is byte[] torn)
        {
            // What a crash left stays; the next line says what it is, lest it be taken for tampering.
            Add(text, new LedgerEntry { Sequence = ++sequence, Time = entry.Time, Event = LedgerEvent.TornLine, Detail = LedgerLine.HashOf(torn), Previous = head }, out head);
        }

        Add(text, entry with { Sequence = sequence + 1, Previous = head }, out head);
        using FileStream file = new(_path, UnixFiles.Options(FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read));
        file.Seek(0, SeekOrigin.End);

        // In one call, so that a crash seldom leaves a part of it.
        file.Write(text.ToArray());
        file.Flush(flushToDisk: true);
        return head;
    }

    /// <summary>Reads and checks the whole ledger.</summary>
    public LedgerReading Read()
    {
        LedgerReading reading = ReadNow();
        if (reading.LacksNewLine && FileLock.IsHeld(LockPath))
        {
            // Somebody is in the midst of a line: that is no crash.
            SpinWait.SpinUntil(() => !FileLock.IsHeld(LockPath), s_lockTime);
            reading = ReadNow();
        }

        return reading;
    }

    private LedgerReading ReadNow() => LedgerReading.Of(File.Exists(_path) ? File.ReadAllBytes(_path) : []);

    private static void Add(List<byte> text, LedgerEntry entry, out string hash)
    {
        text.AddRange(LedgerLine.Write(entry, out hash));
        text.Add(NewLine);
    }
}
