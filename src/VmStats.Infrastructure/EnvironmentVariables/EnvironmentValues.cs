using System.Globalization;
using Microsoft.Extensions.Configuration;
using VmStats.Errors;

namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>Typed access to environment variables. An empty variable counts as unset; an invalid value is an error that names the variable.</summary>
internal sealed class EnvironmentValues(IConfiguration configuration)
{
    private const double MaxSeconds = 86_400 * 365;

    /// <summary>Returns the variable's text without surrounding white space; null when it is unset or blank.</summary>
    public string? Text(string name)
    {
        string? value = configuration[name]?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>Returns the first of the variables that is set; null when none is.</summary>
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

    /// <summary>Reads a duration in seconds, at least 0.001.</summary>
    public TimeSpan Seconds(string name, TimeSpan ifUnset)
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0.001 and <= MaxSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid(name, $"'{text}' is not a number of seconds", "a number of seconds from 0.001 up, such as 30 or 0.5");
    }

    /// <summary>Reads a duration with units, such as 12h or 1d; more than zero.</summary>
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

    /// <summary>Reads an integer from 1 to a maximum.</summary>
    public int Count(string name, int ifUnset, int maximum)
    {
        if (Text(name) is not string text)
        {
            return ifUnset;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1 && count <= maximum
            ? count
            : throw Invalid(
                name,
                $"'{text}' is not a whole number in the allowed range",
                string.Create(CultureInfo.InvariantCulture, $"a whole number from 1 to {maximum}"));
    }

    /// <summary>Reads a switch: 1, true, yes, on or 0, false, no, off; false when unset.</summary>
    public bool Switch(string name) => Text(name)?.ToUpperInvariant() switch
    {
        null or "0" or "FALSE" or "NO" or "OFF" => false,
        "1" or "TRUE" or "YES" or "ON" => true,
        _ => throw Invalid(name, "its value is not a Boolean", "1 or 0"),
    };

    /// <summary>Reads the name of an enumeration value, ignoring case.</summary>
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
            : throw Invalid(name, "its value is not one of the allowed names", string.Join(", ", Enum.GetNames<T>()));
    }

    /// <summary>Creates the error for an invalid value.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="what">The reason; must not repeat a value that may contain a secret.</param>
    /// <param name="right">A description of valid values.</param>
    /// <param name="inner">The cause.</param>
    public static VmStatsException Invalid(string name, string what, string right, Exception? inner = null) => new(
        ErrorIds.InvalidEnvironmentVariable,
        VmStatsErrorKind.InvalidArgument,
        $"The environment variable {name} can't be used: {what}.",
        $"Set {name} to {right}, or remove it.",
        name,
        inner);
}
