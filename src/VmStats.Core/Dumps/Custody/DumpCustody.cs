using VmStats.Errors;
using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>Creates ledger entries for existing dumps and reads their manifests.</summary>
internal static class DumpCustody
{
    /// <summary>Creates a ledger entry; the ledger sets its sequence number and the hash of the previous line.</summary>
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

    /// <summary>Reads a dump's manifest; returns null if there is none.</summary>
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
