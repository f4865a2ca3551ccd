using VmStats.Hypervisors;
using VmStats.Points;

namespace VmStats.Collection;

/// <summary>The fields of a NIC's point in <c>vm_devices</c>: those of the original, and the host.</summary>
internal static class NicFields
{
    /// <summary>The field names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "rxbytes", "rxpackets", "rxerrors", "rxdrops", "txbytes", "txpackets", "txerrors", "txdrops", TagVocabulary.HostColumn,
    ];

    /// <summary>Returns the field values of a NIC.</summary>
    public static FieldValue[] Of(NicStatistics nic, string? host) =>
    [
        FieldValue.From(nic.RxBytes),
        FieldValue.From(nic.RxPackets),
        FieldValue.From(nic.RxErrors),
        FieldValue.From(nic.RxDrops),
        FieldValue.From(nic.TxBytes),
        FieldValue.From(nic.TxPackets),
        FieldValue.From(nic.TxErrors),
        FieldValue.From(nic.TxDrops),
        FieldValue.From(host),
    ];
}
