using VmStats.Points;

namespace VmStats;

/// <summary>
/// How a measurement names its VMs. The original's dashboard tags rows <c>VMID,name,uuid</c>, its scripts
/// <c>VMID,UUID,Dom</c>; both may have written to one table. Reads take either, writes keep what the table has.
/// </summary>
internal sealed class TagVocabulary
{
    public const string VmIdColumn = "VMID";
    public const string HostColumn = "host";
    public const string SimulatedColumn = "simulated";
    public const string DeviceTypeColumn = "devtype";
    public const string DeviceColumn = "device";
    public const string StateColumn = "state";
    public const string StateReasonColumn = "state_reason";
    public const string PartialColumn = "partial";
    public const string BalloonUpdateColumn = "memlast_update";

    private TagVocabulary(IReadOnlyList<string> uuids, IReadOnlyList<string> names)
    {
        Uuids = uuids;
        Names = names;
    }

    /// <summary>Columns that may hold the UUID, ours first.</summary>
    public static IReadOnlyList<string> UuidColumns { get; } = ["uuid", "UUID"];

    /// <summary>Columns that may hold the name, ours first.</summary>
    public static IReadOnlyList<string> NameColumns { get; } = ["name", "Dom"];

    /// <summary>All columns that aren't metrics: what a telemetry object tells besides them.</summary>
    public static IReadOnlyList<string> DescriptiveColumns { get; } =
    [
        .. UuidColumns, .. NameColumns, VmIdColumn, HostColumn, SimulatedColumn, DeviceTypeColumn, DeviceColumn,
        StateColumn, StateReasonColumn, PartialColumn, BalloonUpdateColumn,
    ];

    /// <summary>How points of telemetry are fitted to a table: a VM's tags get the names that it has there.</summary>
    public static ColumnRules Rules { get; } = new(NameIn);

    /// <summary>The UUID columns that the measurement has.</summary>
    public IReadOnlyList<string> Uuids { get; }

    /// <summary>The name columns that the measurement has.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The column that new points carry the UUID in.</summary>
    public string UuidToWrite => Uuids.Count > 0 ? Uuids[0] : UuidColumns[0];

    /// <summary>The column that new points carry the name in.</summary>
    public string NameToWrite => Names.Count > 0 ? Names[0] : NameColumns[0];

    /// <summary>All columns that say which VM a row belongs to: the tags that a latest row is grouped by.</summary>
    public IReadOnlyList<string> IdentityColumns => [.. Uuids, .. Names];

    /// <summary>Learns the vocabulary of a measurement; one that doesn't exist yet has ours.</summary>
    public static TagVocabulary Of(MeasurementSchema? schema)
    {
        IReadOnlyList<string> tags = schema?.Tags ?? [];
        string[] uuids = UuidColumns.Where(tags.Contains).ToArray();
        string[] names = NameColumns.Where(tags.Contains).ToArray();
        return new TagVocabulary(uuids, names);
    }

    /// <summary>The identity that the measurement's rows have for a VM: where it keeps no UUIDs, the name.</summary>
    public VmIdentity Identify(MonitoredVm vm) =>
        Uuids.Count > 0 && vm.Uuid is not null ? new VmIdentity(vm.Uuid, null) : new VmIdentity(null, vm.Name);

    private static string NameIn(MeasurementSchema schema, PointShape shape, string tag)
    {
        if (schema.Measurement is not (Measurements.VmTotals or Measurements.VmDevices))
        {
            return tag;
        }

        TagVocabulary vocabulary = Of(schema);
        string name = tag == UuidColumns[0] ? vocabulary.UuidToWrite
            : tag == NameColumns[0] ? vocabulary.NameToWrite
            : tag;
        return shape.Tags.Contains(name) ? tag : name;
    }
}
