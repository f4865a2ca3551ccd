namespace VmStats.PowerShell;

internal static class AssemblyMarker;
