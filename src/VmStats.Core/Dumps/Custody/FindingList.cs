using System.Globalization;

namespace VmStats.Dumps.Custody;

/// <summary>Extension methods that add findings to a list.</summary>
internal static class FindingList
{
    public static void Error(this List<MemoryDumpFinding> findings, string id, string message) =>
        findings.Add(new MemoryDumpFinding(id, MemoryDumpFindingSeverity.Error, message));

    public static void Warn(this List<MemoryDumpFinding> findings, string id, string message) =>
        findings.Add(new MemoryDumpFinding(id, MemoryDumpFindingSeverity.Warning, message));

    /// <summary>Adds an error if two values that should be equal differ.</summary>
    public static void Differs<T>(this List<MemoryDumpFinding> findings, string id, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            findings.Error(id, string.Create(CultureInfo.InvariantCulture, $"{what} is {actual}, not {expected}."));
        }
    }
}
