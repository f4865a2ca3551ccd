using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>A session connected to an embedded store into which ten minutes of a simulated fleet have really been collected.</summary>
public sealed class CollectedFleet : IDisposable
{
    public const string Uri = "sim://fleet?vms=8&seed=3&history=1h&speed=200";

    private readonly TempFolder _folder = new();

    public CollectedFleet()
    {
        Session = new ModuleRunspace();
        Session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri '{Uri}'").NoErrors();
        Collected = Session.InvokeRecords("Start-VmTelemetryCollector -Interval 10s -Count 60 -Wait").NoErrors();
    }

    public ModuleRunspace Session { get; }

    /// <summary>What the collector put out when it had ended.</summary>
    public Records Collected { get; }

    public string Folder => _folder.Path;

    public void Dispose()
    {
        Session.Dispose();
        _folder.Dispose();
    }
}
