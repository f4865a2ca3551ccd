using System.Globalization;
using System.Text;

namespace VmStats.Infrastructure.Embedded;

/// <summary>The identity of a series: its present tags by name, in an order and spelling that don't depend on who wrote the point.</summary>
internal static class SeriesKey
{
    /// <summary>The key of a set of tags. Lengths stand before the texts, so that no character in them can forge another set.</summary>
    public static string Of(IReadOnlyList<string> names, IReadOnlyList<string?> values)
    {
        int[] present = Enumerable.Range(0, names.Count).Where(i => !string.IsNullOrEmpty(values[i])).ToArray();
        Array.Sort(present, (a, b) => string.CompareOrdinal(names[a], names[b]));
        StringBuilder key = new();
        foreach (int i in present)
        {
            key.Append(CultureInfo.InvariantCulture, $"{names[i].Length}:{names[i]}{values[i]!.Length}:{values[i]}");
        }

        return key.ToString();
    }
}
