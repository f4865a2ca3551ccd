using System.Globalization;

namespace VmStats.Dumps.Custody;

/// <summary>The result of reading a ledger: its lines and the problems found.</summary>
internal sealed class LedgerReading
{
    private readonly List<LedgerLine> _lines = [];
    private readonly List<MemoryDumpFinding> _findings = [];

    /// <summary>The lines that could be read.</summary>
    public IReadOnlyList<LedgerLine> Lines => _lines;

    /// <summary>The problems found, in the order of the lines.</summary>
    public IReadOnlyList<MemoryDumpFinding> Findings => _findings;

    /// <summary>The last line, or null.</summary>
    public LedgerLine? Last => _lines.Count > 0 ? _lines[^1] : null;

    /// <summary>The incomplete line after the last newline, which a crash left; null if there is none.</summary>
    public byte[]? Torn { get; private set; }

    /// <summary>True if the last line, complete or not, has no newline.</summary>
    public bool LacksNewLine { get; private set; }

    /// <summary>Parses and checks a ledger.</summary>
    public static LedgerReading Of(ReadOnlySpan<byte> bytes)
    {
        LedgerReading reading = new();
        byte[]? unreadable = null;
        for (int number = 1; bytes.Length > 0; number++)
        {
            int end = bytes.IndexOf((byte)'\n');
            reading.LacksNewLine = end < 0;
            if (end < 0 && LedgerLine.TryRead(bytes) is null)
            {
                reading.Torn = bytes.ToArray();
                reading.Find("LedgerTornLine", MemoryDumpFindingSeverity.Warning, number, "has no end: a crash cut it short; the next entry will say so");
                break;
            }

            // The line is complete; a crash may have prevented just its newline from being written.
            end = end < 0 ? bytes.Length : end;
            reading.Take(bytes[..end], number, ref unreadable);
            bytes = bytes[Math.Min(end + 1, bytes.Length)..];
        }

        if (unreadable is not null)
        {
            reading.Find("LedgerLineUnreadable", MemoryDumpFindingSeverity.Error, reading._lines.Count + 1, "can't be read, and no entry after it says that a crash cut it short");
        }

        return reading;
    }

    private void Take(ReadOnlySpan<byte> bytes, int number, ref byte[]? unreadable)
    {
        LedgerLine? line = LedgerLine.TryRead(bytes);
        if (unreadable is not null)
        {
            bool isExplained = line?.Entry.Event == LedgerEvent.TornLine && line.Entry.Detail == LedgerLine.HashOf(unreadable);
            Find(
                isExplained ? "LedgerTornLine" : "LedgerLineUnreadable",
                isExplained ? MemoryDumpFindingSeverity.Warning : MemoryDumpFindingSeverity.Error,
                number - 1,
                isExplained ? "was cut short by a crash, as the entry after it says" : "can't be read, and no entry after it says that a crash cut it short");
            unreadable = null;
        }

        if (line is null)
        {
            unreadable = bytes.ToArray();
            return;
        }

        Judge(line, number);
        _lines.Add(line);
    }

    private void Judge(LedgerLine line, int number)
    {
        string expected = Last?.Hash ?? Ledger.Genesis;
        if (!line.IsHashRight)
        {
            Find("LedgerLineChanged", MemoryDumpFindingSeverity.Error, number, "was changed: its hash is not that of what it says");
        }

        if (line.Entry.Previous != expected || line.Entry.Sequence != (Last?.Entry.Sequence ?? 0) + 1)
        {
            Find("LedgerChainBroken", MemoryDumpFindingSeverity.Error, number, "does not follow the line before it: one was removed, added or moved");
        }
    }

    private void Find(string id, MemoryDumpFindingSeverity severity, int line, string what) =>
        _findings.Add(new MemoryDumpFinding(id, severity, string.Create(CultureInfo.InvariantCulture, $"Line {line} of the ledger {what}.")));
}
