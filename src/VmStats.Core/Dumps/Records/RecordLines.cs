using System.Text;
using System.Text.Json;
using VmStats.IO;

namespace VmStats.Dumps.Records;

/// <summary>Moves records that earlier versions kept for the store, one JSON line each in a file beside the dumps, to the spool.</summary>
internal sealed class RecordLines(PinnedFolder folder, RecordSpool spool)
{
    public const string FileName = ".vmstats-records.jsonl";
    public const string DamagedName = FileName + ".damaged";

    private const string LockName = FileName + ".lock";

    /// <summary>Moves the records. If another process is doing so, they are left to it or to the next run.</summary>
    /// <returns>A warning about lines that aren't records, which are kept; null if there are none.</returns>
    /// <exception cref="IOException">The file, or one beside it, can't be read or written.</exception>
    /// <exception cref="VmStatsException">The spool can't be written: <c>SpoolWriteFailed</c>.</exception>
    public string? Move()
    {
        if (folder.Find(FileName) is null)
        {
            return null;
        }

        using FileStream? taken = FileLock.TryTake(folder, LockName);
        if (taken is null || folder.TryReadAllBytes(FileName) is not byte[] bytes)
        {
            return null;
        }

        List<string> damaged = [];
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TryParse(line) is SpooledRecord record)
            {
                spool.Add(record);
            }
            else
            {
                damaged.Add(line);
            }
        }

        if (damaged.Count > 0)
        {
            Keep(damaged);
        }

        // Deleted last: if the process is killed before, the next run adds the same records again, which does no harm.
        folder.Delete(FileName);
        folder.Delete(LockName);
        return damaged.Count == 0 ? null
            : FormattableString.Invariant($"Of the dumps' records that waited, {damaged.Count} can't be read; they are kept in '{folder.PathOf(DamagedName)}'.");
    }

    private void Keep(List<string> lines)
    {
        using FileStream file = folder.OpenFile(DamagedName, FileMode.OpenOrCreate, FileAccess.Write);
        file.Seek(0, SeekOrigin.End);
        file.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
        file.Flush(flushToDisk: true);
    }

    private static SpooledRecord? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, RecordJson.Default.SpooledRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
