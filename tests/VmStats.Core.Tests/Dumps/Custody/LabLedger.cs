using VmStats.Dumps.Custody;
using VmStats.IO;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>A folder's ledger by its path: the folder is opened for each call.</summary>
internal sealed class LabLedger(string folder)
{
    public string Path => System.IO.Path.Combine(folder, Ledger.FileName);

    public LedgerReading Read()
    {
        using PinnedFolder pinned = PinnedFolder.Open(folder, FolderUse.Read);
        return new Ledger(pinned).Read();
    }

    public async Task<string> AppendAsync(LedgerEntry entry)
    {
        using PinnedFolder pinned = PinnedFolder.Open(folder, FolderUse.Write);
        return await new Ledger(pinned).AppendAsync(entry, default);
    }
}
