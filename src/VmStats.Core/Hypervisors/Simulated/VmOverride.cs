namespace VmStats.Hypervisors.Simulated;

/// <summary>The effect of a dump with crash or reset on a VM, until its next start.</summary>
/// <param name="StartNumber">The start that it applies to.</param>
/// <param name="Time">When it happened, seconds since the fleet's epoch.</param>
/// <param name="IsOff">True after a crash; false after a reset.</param>
internal sealed record VmOverride(long StartNumber, double Time, bool IsOff)
{
    /// <summary>True if the VM hasn't been started again since.</summary>
    public bool IsOf(VmPhase phase) => phase.IsActive && phase.StartNumber == StartNumber;
}
