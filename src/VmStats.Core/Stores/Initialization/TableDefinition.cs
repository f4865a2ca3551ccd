using VmStats.Collection;
using VmStats.Dumps.Records;
using VmStats.Points;

namespace VmStats.Stores.Initialization;

/// <summary>A table as VmStats creates it. InfluxDB 3 sorts its files by the tags in this order, so the tags that are queried most come first.</summary>
/// <param name="Name">The name of the table.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Fields">Its fields and their types.</param>
/// <param name="HasCaches">True if its newest rows and its series are queried, for which caches are created.</param>
internal sealed record TableDefinition(string Name, IReadOnlyList<string> Tags, IReadOnlyList<(string Name, FieldKind Kind)> Fields, bool HasCaches)
{
    private static readonly string[] s_vm = [TagVocabulary.UuidColumns[0], TagVocabulary.NameColumns[0]];
    private static readonly string[] s_device = [TagVocabulary.DeviceTypeColumn, TagVocabulary.DeviceColumn];

    /// <summary>All tables.</summary>
    public static IReadOnlyList<TableDefinition> All { get; } =
    [
        new(Measurements.VmTotals, [.. s_vm, TagVocabulary.VmIdColumn], Telemetry(VmFields.Names), HasCaches: true),
        new(Measurements.VmDevices, [.. s_vm, .. s_device, TagVocabulary.VmIdColumn], Telemetry(NicFields.Names.Union(DiskFields.Names)), HasCaches: true),
        new(MemDumpsTable.Measurement, [MemDumpsTable.Dom, MemDumpsTable.Host, MemDumpsTable.VmId], [.. MemDumpsTable.FieldKinds], HasCaches: false),
    ];

    /// <summary>Returns the tags of the table that identify a series when the newest rows are read; VmStats' own tags if the table doesn't exist yet.</summary>
    public string[] SeriesTags(MeasurementSchema? schema)
    {
        string[] device = Tags.Contains(s_device[0]) ? s_device : [];
        return schema is null ? [.. s_vm, .. device] : [.. TagVocabulary.Of(schema).IdentityColumns, .. device.Where(schema.Tags.Contains)];
    }

    private static (string, FieldKind)[] Telemetry(IEnumerable<string> names) => names.Select(name => (name, name switch
    {
        TagVocabulary.HostColumn => FieldKind.String,
        TagVocabulary.PartialColumn => FieldKind.Boolean,
        _ => FieldKind.Integer,
    })).ToArray();
}
