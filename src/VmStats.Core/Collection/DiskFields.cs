using VmStats.Hypervisors;
using VmStats.Points;

namespace VmStats.Collection;

/// <summary>The fields of a disk's point in <c>vm_devices</c>: those of the original in its spelling, additional times and sizes, and the host.</summary>
internal static class DiskFields
{
    /// <summary>The field names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "rd_req", "rd_bytes", "wr_reqs", "wr_bytes", "errors",
        "rd_times", "wr_times", "fl_reqs", "fl_times", "allocation", "capacity", "physical", TagVocabulary.HostColumn,
    ];

    /// <summary>Returns the field values of a disk.</summary>
    public static FieldValue[] Of(DiskStatistics disk, string? host) =>
    [
        FieldValue.From(disk.ReadRequests),
        FieldValue.From(disk.ReadBytes),
        FieldValue.From(disk.WriteRequests),
        FieldValue.From(disk.WriteBytes),
        FieldValue.From(disk.Errors is >= 0 ? disk.Errors : null),
        FieldValue.From(disk.ReadTime),
        FieldValue.From(disk.WriteTime),
        FieldValue.From(disk.FlushRequests),
        FieldValue.From(disk.FlushTime),
        FieldValue.From(disk.Allocation),
        FieldValue.From(disk.Capacity),
        FieldValue.From(disk.Physical),
        FieldValue.From(host),
    ];
}
