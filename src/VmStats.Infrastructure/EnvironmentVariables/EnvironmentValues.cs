using System.Globalization;
using Microsoft.Extensions.Configuration;
using VmStats.Errors;

namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>Typed access to variables: an empty one is not set, a value that can't be used is an error that names the variable.</summary>
internal sealed class EnvironmentValues(IConfiguration configuration)
{
    private const double LongestSeconds = 86_400 * 365;

    /// <summary>The variable's text without surrounding blanks, or null when not set or blank.</summary>
    public string? Text(string name)
    {
        string? value = configuration[name]?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>The first of the variables that is set.</summary>
    public (string Name, string Value)? First(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (Text(name) is string value)
            {
                return (name, value);
            }
        }

        return null;
    }

    /// <summary>A duration given in seconds, more than zero.</summary>
    public TimeSpan Seconds(string name, TimeSpan ifUnset)
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0.001 and <= LongestSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid(name, $"'{text}' is not a number of seconds", "a number of seconds from 0.001 up, such as 30 or 0.5");
    }

    /// <summary>A duration given with its units, such as 12h or 1d; more than zero.</summary>
    public TimeSpan Duration(string name, TimeSpan ifUnset)
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        return VmStats.Points.Duration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero
            ? duration
            : throw Invalid(name, $"'{text}' is not a duration", "a duration such as 12h, 1d or 7d");
    }

    /// <summary>A whole number within bounds.</summary>
    public int Count(string name, int ifUnset, int most)
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1 && count <= most
            ? count
            : throw Invalid(
                name,
                $"'{text}' is not a whole number that can be used",
                string.Create(CultureInfo.InvariantCulture, $"a whole number from 1 to {most}"));
    }

    /// <summary>A switch: 1, true, yes, on or 0, false, no, off.</summary>
    public bool Switch(string name) => Text(name)?.ToUpperInvariant() switch
    {
        null or "0" or "FALSE" or "NO" or "OFF" => false,
        "1" or "TRUE" or "YES" or "ON" => true,
        _ => throw Invalid(name, "its value is neither on nor off", "1 or 0"),
    };

    /// <summary>One of the values of an enumeration, in any case.</summary>
    public T Choice<T>(string name, T ifUnset)
        where T : struct, Enum
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        string? match = Enum.GetNames<T>().FirstOrDefault(option => option.Equals(text, StringComparison.OrdinalIgnoreCase));
        return match is not null
            ? Enum.Parse<T>(match)
            : throw Invalid(name, "its value is not one of the choices", string.Join(", ", Enum.GetNames<T>()));
    }

    /// <summary>The error for a value that can't be used.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="what">What is wrong; must not repeat a value that may hold a secret.</param>
    /// <param name="right">What would be right.</param>
    /// <param name="inner">The cause.</param>
    public static VmStatsException Invalid(string name, string what, string right, Exception? inner = null) => new(
        ErrorIds.InvalidEnvironmentVariable,
        VmStatsErrorKind.InvalidArgument,
        $"The environment variable {name} can't be used: {what}.",
        $"Set {name} to {right}, or remove it.",
        name,
        inner);
}
