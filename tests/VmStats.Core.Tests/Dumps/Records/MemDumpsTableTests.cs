using VmStats.Dumps.Records;
using VmStats.Points;

namespace VmStats.Core.Tests.Dumps.Records;

/// <summary>The columns that are made beforehand are those that records are written to.</summary>
public sealed class MemDumpsTableTests
{
    [SkippableFact]
    public async Task Every_field_of_a_record_has_its_column_and_every_column_its_field()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord whole = await lab.TakeAsync();
        MemoryDumpRecord[] records =
        [
            whole with { Note = "n", IsHashVerified = false, IsSimulated = true },
            whole with { State = MemoryDumpState.Failed, ErrorId = "x", Error = "y" },
        ];
        Dictionary<string, FieldKind> written = [];
        foreach (Point point in records.Select(record => MemDumpsTable.ToPoint(record)))
        {
            for (int i = 0; i < point.Fields.Count; i++)
            {
                if (!point.Fields[i].IsNull)
                {
                    written[point.Shape.Fields[i]] = point.Fields[i].Kind;
                }
            }
        }

        Assert.Equal(
            MemDumpsTable.FieldKinds.OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => (field.Name, field.Kind)),
            written.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => (field.Key, field.Value)));
    }
}
