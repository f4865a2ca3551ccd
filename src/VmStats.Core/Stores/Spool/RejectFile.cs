using System.Text.Json;
using VmStats.IO;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>
/// A file of the points that a store rejected, with its reasons: one JSON object per line. A file that has reached its maximum size
/// is renamed to <c>.1</c> and a new one is started, so that a store that rejects everything doesn't fill the disk.
/// </summary>
internal sealed class RejectFile(string path, long maximumSize = 64L * 1024 * 1024)
{
    private readonly object _lock = new();

    /// <summary>The file's path.</summary>
    public string Path { get; } = path;

    /// <summary>Appends points with the store's reasons.</summary>
    /// <exception cref="VmStatsException"><c>SpoolWriteFailed</c>: the file could not be written.</exception>
    public void Add(IReadOnlyList<RejectedPoint> rejected)
    {
        if (rejected.Count == 0)
        {
            return;
        }

        try
        {
            lock (_lock)
            {
                using PinnedFolder folder = PinnedFolder.Open(System.IO.Path.GetDirectoryName(Path)!, FolderUse.Create);
                string name = System.IO.Path.GetFileName(Path);
                if (folder.Find(name)?.Length >= maximumSize)
                {
                    folder.Move(name, name + ".1", overwrite: true);
                }

                using FileStream file = folder.OpenFile(name, FileMode.OpenOrCreate, FileAccess.Write);
                file.Seek(0, SeekOrigin.End);
                file.Write(ToLines(rejected));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SpoolErrors.Unusable($"The file of refused points '{Path}' can't be written", Path, e);
        }
    }

    private static byte[] ToLines(IReadOnlyList<RejectedPoint> rejected)
    {
        using MemoryStream lines = new();
        using Utf8JsonWriter json = new(lines, new JsonWriterOptions { SkipValidation = true });
        foreach (RejectedPoint reject in rejected)
        {
            json.WriteStartObject();
            json.WriteString("reason", reject.Reason);
            json.WriteString("time", UnixTime.ToText(reject.Point.Time));
            json.WriteString("measurement", reject.Point.Shape.Measurement);
            WriteTags(json, reject.Point);
            WriteFields(json, reject.Point);
            json.WriteEndObject();
            json.Flush();
            lines.WriteByte((byte)'\n');
            json.Reset();
        }

        return lines.ToArray();
    }

    private static void WriteTags(Utf8JsonWriter json, Point point)
    {
        json.WriteStartObject("tags");
        for (int i = 0; i < point.Tags.Count; i++)
        {
            if (!string.IsNullOrEmpty(point.Tags[i]))
            {
                json.WriteString(point.Shape.Tags[i], point.Tags[i]);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, Point point)
    {
        json.WriteStartObject("fields");
        for (int i = 0; i < point.Fields.Count; i++)
        {
            string name = point.Shape.Fields[i];
            switch (point.Fields[i].ToObject())
            {
                case long number: json.WriteNumber(name, number); break;
                case ulong number: json.WriteNumber(name, number); break;
                case double number: json.WriteNumber(name, number); break;
                case bool truth: json.WriteBoolean(name, truth); break;
                case string text: json.WriteString(name, text); break;
            }
        }

        json.WriteEndObject();
    }
}
