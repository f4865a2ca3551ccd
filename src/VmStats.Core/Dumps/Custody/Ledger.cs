using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>
/// The custody ledger of a dump folder: a file of JSON lines to which every capture, verification, expansion, removal,
/// hold and release is appended. Each line contains the hash of the previous line, so that changed or removed lines are detected.
/// A truncated or completely rewritten ledger is detected by the head hashes kept in the store.
/// </summary>
internal sealed class Ledger(PinnedFolder folder)
{
    public const string FileName = "ledger.jsonl";

    /// <summary>The first line's hash of its previous line.</summary>
    public static readonly string Genesis = new('0', 64);

    private const string LockName = FileName + ".lock";
    private const byte NewLine = (byte)'\n';
    private static readonly TimeSpan s_lockTime = TimeSpan.FromSeconds(30);

    /// <summary>Checks in advance that the ledger and its lock file would be accepted when a line is appended.</summary>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device, or another user's.</exception>
    public void ThrowIfUnsafe()
    {
        folder.ThrowIfUnsafe(FileName);
        folder.ThrowIfUnsafe(LockName);
    }

    /// <summary>
    /// Appends an entry, after setting its sequence number and the hash of the previous line. The ledger is locked against other
    /// processes, and the entry is flushed to the disk.
    /// </summary>
    /// <returns>The new head: the entry's hash.</returns>
    public async Task<string> AppendAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        using FileStream taken = await FileLock.TakeAsync(folder, LockName, s_lockTime, cancellationToken).ConfigureAwait(false);
        LedgerReading reading = ReadNow();
        (long sequence, string head) = reading.Last is LedgerLine last ? (last.Entry.Sequence, last.Hash) : (0, Genesis);
        List<byte> text = [];
        if (reading.LacksNewLine)
        {
            text.Add(NewLine);
        }

        if (reading.Torn is byte[] torn)
        {
            // The incomplete line that a crash left is kept. The next line records it, so that it isn't mistaken for tampering.
            Add(text, new LedgerEntry { Sequence = ++sequence, Time = entry.Time, Event = LedgerEvent.TornLine, Detail = LedgerLine.HashOf(torn), Previous = head }, out head);
        }

        Add(text, entry with { Sequence = sequence + 1, Previous = head }, out head);
        using FileStream file = folder.OpenFile(FileName, FileMode.OpenOrCreate, FileAccess.Write);
        file.Seek(0, SeekOrigin.End);

        // A single call, so that a crash is unlikely to leave an incomplete line.
        file.Write(text.ToArray());
        file.Flush(flushToDisk: true);
        return head;
    }

    /// <summary>Reads and checks the whole ledger. Nothing is written, and no lock file is created.</summary>
    public LedgerReading Read()
    {
        LedgerReading reading = ReadNow();
        if (reading.LacksNewLine && FileLock.IsHeld(folder, LockName))
        {
            // Another process is writing a line, so an incomplete line isn't the result of a crash: wait, and read again.
            SpinWait.SpinUntil(() => !FileLock.IsHeld(folder, LockName), s_lockTime);
            reading = ReadNow();
        }

        return reading;
    }

    private LedgerReading ReadNow() => LedgerReading.Of(folder.TryReadAllBytes(FileName) ?? []);

    private static void Add(List<byte> text, LedgerEntry entry, out string hash)
    {
        text.AddRange(LedgerLine.Write(entry, out hash));
        text.Add(NewLine);
    }
}
