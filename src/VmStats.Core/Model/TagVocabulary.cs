using VmStats.Points;

namespace VmStats;

/// <summary>
/// The tag names that a measurement uses to identify VMs. The original's dashboard tags rows with <c>VMID,name,uuid</c>, its
/// scripts with <c>VMID,UUID,Dom</c>; both may have written to the same table. Reads accept both, writes use those that the table has.
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

    /// <summary>Columns that may contain the UUID; the preferred one is first.</summary>
    public static IReadOnlyList<string> UuidColumns { get; } = ["uuid", "UUID"];

    /// <summary>Columns that may contain the name; the preferred one is first.</summary>
    public static IReadOnlyList<string> NameColumns { get; } = ["name", "Dom"];

    /// <summary>All columns of a telemetry object that aren't metrics.</summary>
    public static IReadOnlyList<string> DescriptiveColumns { get; } =
    [
        .. UuidColumns, .. NameColumns, VmIdColumn, HostColumn, SimulatedColumn, DeviceTypeColumn, DeviceColumn,
        StateColumn, StateReasonColumn, PartialColumn, BalloonUpdateColumn,
    ];

    /// <summary>The rules that adapt telemetry points to a table: a VM's tags are renamed to the table's tag names.</summary>
    public static ColumnRules Rules { get; } = new(NameIn);

    /// <summary>The UUID columns that the measurement has.</summary>
    public IReadOnlyList<string> Uuids { get; }

    /// <summary>The name columns that the measurement has.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The column in which new points store the UUID.</summary>
    public string UuidToWrite => Uuids.Count > 0 ? Uuids[0] : UuidColumns[0];

    /// <summary>The column in which new points store the name.</summary>
    public string NameToWrite => Names.Count > 0 ? Names[0] : NameColumns[0];

    /// <summary>All columns that identify the VM of a row: the grouping tags for the latest rows.</summary>
    public IReadOnlyList<string> IdentityColumns => [.. Uuids, .. Names];

    /// <summary>Returns the vocabulary of a measurement; the default one if it doesn't exist yet.</summary>
    public static TagVocabulary Of(MeasurementSchema? schema)
    {
        IReadOnlyList<string> tags = schema?.Tags ?? [];
        string[] uuids = UuidColumns.Where(tags.Contains).ToArray();
        string[] names = NameColumns.Where(tags.Contains).ToArray();
        return new TagVocabulary(uuids, names);
    }

    /// <summary>Returns the identity of a VM in the measurement's rows: the name if the measurement has no UUIDs.</summary>
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
