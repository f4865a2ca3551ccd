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

    /// <summary>Appends an entry, with its sequence and the hash before it filled in; locked across processes, synced.</summary>
    /// <returns>The new head: the entry's hash.</returns>
    public async Task<string> AppendAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        using FileStream taken = await FileLock.TakeAsync(_path + ".lock", s_lockTime, cancellationToken).ConfigureAwait(false);
        LedgerReading reading = Read();
        using FileStream file = new(_path, UnixFiles.Options(FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read));
        file.Seek(0, SeekOrigin.End);
        (long sequence, string head) = reading.Last is LedgerLine last ? (last.Entry.Sequence, last.Hash) : (0, Genesis);
        if (reading.Torn is byte[] torn)
        {
            // What a crash left stays, ended by a newline; the next line says what it is, lest it be taken for tampering.
            file.WriteByte(NewLine);
            LedgerEntry note = new() { Sequence = ++sequence, Time = entry.Time, Event = LedgerEvent.TornLine, Detail = LedgerLine.HashOf(torn), Previous = head };
            Write(file, note, out head);
        }

        Write(file, entry with { Sequence = sequence + 1, Previous = head }, out head);
        file.Flush(flushToDisk: true);
        return head;
    }

    /// <summary>Reads and checks the whole ledger.</summary>
    public LedgerReading Read()
    {
        byte[] bytes = File.Exists(_path) ? File.ReadAllBytes(_path) : [];
        return LedgerReading.Of(bytes);
    }

    private static void Write(FileStream file, LedgerEntry entry, out string hash)
    {
        file.Write(LedgerLine.Write(entry, out hash));
        file.WriteByte(NewLine);
    }
}
