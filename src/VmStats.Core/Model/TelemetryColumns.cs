using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats;

/// <summary>The indexes of a measurement's columns in a row layout; looked up once per layout and shared by all its rows.</summary>
internal sealed class TelemetryColumns
{
    private static readonly ConditionalWeakTable<RowLayout, TelemetryColumns> s_totals = [];
    private static readonly ConditionalWeakTable<RowLayout, TelemetryColumns> s_devices = [];

    private readonly int[] _fields;
    private readonly int[] _uuids;
    private readonly int[] _names;

    private TelemetryColumns(MetricSet set, RowLayout layout)
    {
        Set = set;
        _fields = set.Fields.Select(layout.IndexOf).ToArray();
        _uuids = Existing(layout, TagVocabulary.UuidColumns);
        _names = Existing(layout, TagVocabulary.NameColumns);
        VmId = layout.IndexOf(TagVocabulary.VmIdColumn);
        HostName = layout.IndexOf(TagVocabulary.HostColumn);
        IsSimulated = layout.IndexOf(TagVocabulary.SimulatedColumn);
        DeviceType = layout.IndexOf(TagVocabulary.DeviceTypeColumn);
        Device = layout.IndexOf(TagVocabulary.DeviceColumn);
        State = layout.IndexOf(TagVocabulary.StateColumn);
        StateReason = layout.IndexOf(TagVocabulary.StateReasonColumn);
        IsPartial = layout.IndexOf(TagVocabulary.PartialColumn);
        BalloonUpdate = layout.IndexOf(TagVocabulary.BalloonUpdateColumn);
    }

    /// <summary>The metrics of the measurement.</summary>
    public MetricSet Set { get; }

    public int VmId { get; }

    public int HostName { get; }

    public int IsSimulated { get; }

    public int DeviceType { get; }

    public int Device { get; }

    public int State { get; }

    public int StateReason { get; }

    public int IsPartial { get; }

    public int BalloonUpdate { get; }

    /// <summary>Returns the columns of a layout.</summary>
    public static TelemetryColumns Of(MetricSet set, RowLayout layout) =>
        ReferenceEquals(set, VmMetrics.Set)
            ? s_totals.GetValue(layout, static key => new TelemetryColumns(VmMetrics.Set, key))
            : s_devices.GetValue(layout, static key => new TelemetryColumns(DeviceMetrics.Set, key));

    /// <summary>Returns the value of a field by its slot in the set.</summary>
    public FieldValue Field(StoreRow row, int slot) => row[_fields[slot]];

    /// <summary>Returns the UUID as text, from whichever column the row has it in.</summary>
    public string? Uuid(StoreRow row) => First(row, _uuids);

    /// <summary>Returns the name, from whichever column the row has it in.</summary>
    public string? Name(StoreRow row) => First(row, _names);

    private static int[] Existing(RowLayout layout, IEnumerable<string> columns) =>
        columns.Select(layout.IndexOf).Where(ordinal => ordinal >= 0).ToArray();

    private static string? First(StoreRow row, int[] ordinals)
    {
        foreach (int ordinal in ordinals)
        {
            if (row[ordinal].AsString() is { Length: > 0 } text)
            {
                return text;
            }
        }

        return null;
    }
}
