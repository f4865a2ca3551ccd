using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>
/// The custody ledger of a dump folder: a file of JSON lines to which every capture, verification, expansion, removal,
/// hold and release is appended. Each line holds the hash of the one before, so that none can be changed or taken out
/// unseen; that the end was cut off, or the whole rewritten, is detected by the heads kept in the store.
/// </summary>
internal sealed class Ledger(PinnedFolder folder)
{
    public const string FileName = "ledger.jsonl";

    /// <summary>What the first line names as the one before it.</summary>
    public static readonly string Genesis = new('0', 64);

    private const string LockName = FileName + ".lock";
    private const byte NewLine = (byte)'\n';
    private static readonly TimeSpan s_lockTime = TimeSpan.FromSeconds(30);

    /// <summary>Refuses a ledger, or a lock of it, that would be refused when a line is to be added.</summary>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device, or another user's.</exception>
    public void ThrowIfUnsafe()
    {
        folder.ThrowIfUnsafe(FileName);
        folder.ThrowIfUnsafe(LockName);
    }

    /// <summary>Appends an entry, with its sequence and the hash before it filled in; locked across processes, synced.</summary>
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
            // What a crash left stays; the next line says what it is, lest it be taken for tampering.
            Add(text, new LedgerEntry { Sequence = ++sequence, Time = entry.Time, Event = LedgerEvent.TornLine, Detail = LedgerLine.HashOf(torn), Previous = head }, out head);
        }

        Add(text, entry with { Sequence = sequence + 1, Previous = head }, out head);
        using FileStream file = folder.OpenFile(FileName, FileMode.OpenOrCreate, FileAccess.Write);
        file.Seek(0, SeekOrigin.End);

        // In one call, so that a crash seldom leaves a part of it.
        file.Write(text.ToArray());
        file.Flush(flushToDisk: true);
        return head;
    }

    /// <summary>Reads and checks the whole ledger. Nothing is written, no lock is made.</summary>
    public LedgerReading Read()
    {
        LedgerReading reading = ReadNow();
        if (reading.LacksNewLine && FileLock.IsHeld(folder, LockName))
        {
            // Somebody is in the midst of a line: that is no crash.
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
