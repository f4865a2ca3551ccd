using VmStats.Points;

namespace VmStats;

/// <summary>
/// Which VM a row belongs to. The UUID alone is identity; a row without one (an older writer's) is known by its name
/// only, and is never counted to a VM that has a UUID.
/// </summary>
/// <param name="Uuid">The UUID, or null where rows have none that can be read.</param>
/// <param name="Name">The name, kept as part of identity only where there is no UUID.</param>
internal readonly record struct VmIdentity(Guid? Uuid, string? Name)
{
    /// <summary>The identity that a row names.</summary>
    public static VmIdentity Of(TelemetryColumns columns, StoreRow row)
    {
        string? uuid = columns.Uuid(row);
        return Guid.TryParse(uuid, out Guid parsed)
            ? new VmIdentity(parsed, null)
            : new VmIdentity(null, columns.Name(row) ?? uuid);
    }

    /// <summary>The identity of a VM that a caller names.</summary>
    public static VmIdentity Of(Guid? uuid, string? name) => uuid is null ? new(null, name) : new(uuid, null);
}
