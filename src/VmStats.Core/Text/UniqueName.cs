using System.Globalization;

namespace VmStats.Text;

/// <summary>Makes column names unique.</summary>
internal static class UniqueName
{
    /// <summary>Returns the name or, if it is in use, the name with a number appended, as InfluxDB 1.x does it: <c>name_1</c>.</summary>
    /// <param name="name">The preferred name.</param>
    /// <param name="taken">The names in use; the collection determines how they are compared.</param>
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
