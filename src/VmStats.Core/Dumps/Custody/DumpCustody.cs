using VmStats.Errors;
using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>Ledger entries about a dump that lies in a folder already.</summary>
internal static class DumpCustody
{
    /// <summary>An entry; the ledger fills in its place in the chain.</summary>
    public static LedgerEntry Entry(LedgerEvent what, string path, DumpManifest? manifest, string? @operator) => new()
    {
        Sequence = 0,
        Previous = "",
        Time = DateTimeOffset.UtcNow,
        Event = what,
        File = Path.GetFileName(path),
        DumpId = manifest?.DumpId,
        Name = manifest?.Name,
        Uuid = manifest?.Uuid,
        Sha256 = manifest?.Sha256,
        StoredSha256 = manifest?.StoredSha256,
        Operator = @operator ?? Environment.UserName,
        Host = Environment.MachineName,
    };

    /// <summary>The manifest, or null where there is none.</summary>
    public static DumpManifest? TryReadManifest(PinnedFolder folder, string dump)
    {
        try
        {
            return DumpManifest.Read(folder, dump);
        }
        catch (VmStatsException e) when (e.ErrorId == ErrorIds.DumpManifestMissing)
        {
            return null;
        }
    }
}
