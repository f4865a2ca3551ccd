namespace VmStats.Infrastructure;

internal static class AssemblyMarker;
