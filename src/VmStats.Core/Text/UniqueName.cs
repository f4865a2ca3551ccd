using System.Globalization;

namespace VmStats.Text;

/// <summary>Names for columns whose own name is taken.</summary>
internal static class UniqueName
{
    /// <summary>The name; where it is taken, what InfluxDB 1.x would call a second column of that name: <c>name_1</c>.</summary>
    /// <param name="name">The column's own name.</param>
    /// <param name="taken">Names in use; it compares them in its own way.</param>
    public static string Of(string name, ICollection<string> taken)
    {
        string unique = name;
        for (int i = 1; taken.Contains(unique); i++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        }

        return unique;
    }
}
