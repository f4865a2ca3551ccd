using VmStats.Points;

namespace VmStats;

/// <summary>
/// Identifies the VM of a row, by its UUID alone if there is one. A row without a UUID (from an older writer) is identified by
/// its name, and is never attributed to a VM that has a UUID.
/// </summary>
/// <param name="Uuid">The UUID, or null if the rows have no valid one.</param>
/// <param name="Name">The name; null if there is a UUID.</param>
internal readonly record struct VmIdentity(Guid? Uuid, string? Name)
{
    /// <summary>Returns the identity of the VM in a row.</summary>
    public static VmIdentity Of(TelemetryColumns columns, StoreRow row)
    {
        string? uuid = columns.Uuid(row);
        return Guid.TryParse(uuid, out Guid parsed)
            ? new VmIdentity(parsed, null)
            : new VmIdentity(null, columns.Name(row) ?? uuid);
    }

    /// <summary>Returns the identity of a VM by its UUID and name.</summary>
    public static VmIdentity Of(Guid? uuid, string? name) => uuid is null ? new(null, name) : new(uuid, null);
}
