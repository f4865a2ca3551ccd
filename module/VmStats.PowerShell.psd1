@{
    RootModule           = 'VmStats.PowerShell.dll'
    # Core holds the public types: named here, so that [VmStats.VmTelemetry] resolves right after import.
    RequiredAssemblies   = @('VmStats.Core.dll')
    ModuleVersion        = '0.1.0'
    GUID                 = '6a2f7f0e-7d3f-4d6b-9a54-0f6a4c1c7f42'
    Author               = 'The VmStats authors'
    CompanyName          = 'VmStats'
    Copyright            = '(c) The VmStats authors. MIT licence.'
    Description          = 'Telemetry and memory dumps of KVM/libvirt VMs, kept in InfluxDB or in an embedded store.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    TypesToProcess       = @('VmStats.PowerShell.Types.ps1xml')
    FormatsToProcess     = @('VmStats.PowerShell.Format.ps1xml')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Connect-VmStats'
        'Disconnect-VmStats'
        'Expand-MemoryDump'
        'Get-MemoryDumpRecord'
        'Get-MemoryDumpStats'
        'Get-MemoryDumpStatus'
        'Get-MonitoredVm'
        'Get-VmStatsConnection'
        'Get-VmTelemetry'
        'Get-VmTelemetryCollector'
        'Get-VmTelemetryMetric'
        'Initialize-VmStatsDatabase'
        'Invoke-InfluxQuery'
        'Invoke-MemoryDump'
        'Measure-VmTelemetry'
        'Remove-MemoryDump'
        'Start-VmTelemetryCollector'
        'Stop-MemoryDump'
        'Stop-VmTelemetryCollector'
        'Test-MemoryDump'
        'Test-VmStatsConnection'
    )
    PrivateData          = @{
        PSData = @{
            Tags         = @('libvirt', 'KVM', 'QEMU', 'InfluxDB', 'telemetry', 'monitoring', 'memory-dump', 'forensics',
                             'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
            ReleaseNotes = 'See CHANGELOG.md in the module folder.'
        }
    }
}
