namespace VmStats.Hypervisors.Simulated;

/// <summary>The kind of server that a simulated VM is, with its sizes and rates.</summary>
/// <param name="Name">First part of the VM's name.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="MemoryMiB">Memory, before it is multiplied by the fleet's factor.</param>
/// <param name="Load">Average CPU load without bursts, at most 0.25.</param>
/// <param name="RxRate">Bytes received per second at full load.</param>
/// <param name="TxRate">Bytes sent per second at full load.</param>
/// <param name="ReadRate">Disk reads per second at full load.</param>
/// <param name="WriteRate">Disk writes per second at full load.</param>
internal sealed record VmRole(
    string Name, int Cpus, int MemoryMiB, double Load, double RxRate, double TxRate, double ReadRate, double WriteRate)
{
    private static readonly VmRole s_web = new("web", 2, 128, 0.12, 4e6, 30e6, 60, 40);
    private static readonly VmRole s_database = new("db", 4, 512, 0.18, 8e6, 20e6, 1_800, 900);
    private static readonly VmRole s_cache = new("cache", 2, 256, 0.08, 25e6, 40e6, 5, 15);
    private static readonly VmRole s_application = new("app", 4, 256, 0.20, 10e6, 9e6, 80, 120);
    private static readonly VmRole s_mail = new("mail", 1, 128, 0.05, 1.5e6, 1e6, 90, 150);
    private static readonly VmRole s_build = new("build", 8, 512, 0.22, 6e6, 2e6, 700, 1_100);
    private static readonly VmRole s_log = new("log", 2, 128, 0.10, 12e6, 0.5e6, 40, 600);
    private static readonly VmRole s_queue = new("queue", 2, 128, 0.07, 7e6, 7e6, 20, 250);
    private static readonly VmRole s_monitor = new("mon", 1, 64, 0.04, 2e6, 0.4e6, 30, 90);

    // The roles of a fleet's first twenty VMs, in order of creation; larger fleets repeat them.
    private static readonly VmRole[] s_pattern =
    [
        s_web, s_database, s_cache, s_application, s_web, s_application, s_mail, s_web, s_queue, s_database,
        s_web, s_application, s_log, s_web, s_cache, s_build, s_web, s_application, s_database, s_monitor,
    ];

    /// <summary>Returns the role of a fleet's VM by its index.</summary>
    public static VmRole Of(int index) => s_pattern[index % s_pattern.Length];
}
