using System.Globalization;
using VmStats.Errors;

namespace VmStats.Hypervisors.Simulated;

/// <summary>
/// The contents of a <c>sim://</c> URI:
/// <c>sim://NAME?vms=20&amp;seed=1&amp;history=1h&amp;speed=600&amp;mem=1&amp;dumprate=100</c>.
/// </summary>
internal sealed record SimulatedFleetOptions
{
    /// <summary>The URI's scheme.</summary>
    public const string Scheme = "sim";

    private const string Help =
        "Use sim://NAME?vms=20&seed=1&history=1h&speed=600&mem=1&dumprate=100: vms 1 to 10000; seed a whole number; history a "
        + "time such as 90s, 30m, 1h or 2d, up to 30d; speed 1 to 100000 times real time, over 1 where there is a history; mem "
        + "0.125 to 64, a factor on every VM's memory; dumprate in MiB per second, 1 or more. All are optional.";

    /// <summary>The fleet's name.</summary>
    public string Name { get; init; } = "fleet";

    /// <summary>Number of VMs.</summary>
    public int Vms { get; init; } = 20;

    /// <summary>The seed from which everything about the fleet is derived.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>How long before the present the fleet's clock starts.</summary>
    public TimeSpan History { get; init; } = TimeSpan.Zero;

    /// <summary>The speed of the clock, relative to real time, until it has caught up.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Factor on every VM's memory.</summary>
    public double MemoryFactor { get; init; } = 1;

    /// <summary>The speed of dumps in MiB per second; null for no limit.</summary>
    public double? DumpRate { get; init; }

    /// <summary>Parses a <c>sim://</c> URI.</summary>
    /// <exception cref="VmStatsException"><c>InvalidHypervisorUri</c>, with a description of valid URIs.</exception>
    public static SimulatedFleetOptions Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != Scheme)
        {
            throw Invalid(text, "it isn't a sim:// URI");
        }

        if (uri.UserInfo.Length > 0 || uri.Port != -1 || uri.AbsolutePath.Trim('/').Length > 0 || uri.Fragment.Length > 0)
        {
            throw Invalid($"{Scheme}://{uri.Host}", "only a name and parameters are allowed");
        }

        SimulatedFleetOptions options = new() { Name = uri.Host.Length > 0 ? uri.Host : "fleet" };
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals];
            if (!seen.Add(key))
            {
                throw Invalid(text, $"'{key}' is given twice");
            }

            options = options.With(text, key, equals < 0 ? "" : Uri.UnescapeDataString(part[(equals + 1)..]));
        }

        return options.History > TimeSpan.Zero && options.Speed <= 1
            ? throw Invalid(text, "a history needs a speed over 1, or the fleet's clock would never reach the present")
            : options;
    }

    private SimulatedFleetOptions With(string uri, string key, string value) => key switch
    {
        "vms" => this with { Vms = (int)Whole(uri, key, value, 1, 10_000) },
        "seed" => this with { Seed = Whole(uri, key, value, long.MinValue, long.MaxValue) },
        "history" => this with { History = Time(uri, value) },
        "speed" => this with { Speed = Number(uri, key, value, 1, 100_000) },
        "mem" => this with { MemoryFactor = Number(uri, key, value, 0.125, 64) },
        "dumprate" => this with { DumpRate = Number(uri, key, value, 1, 1_000_000) },
        _ => throw Invalid(uri, $"there is no parameter '{key}'"),
    };

    private static long Whole(string uri, string key, string value, long low, long high) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number >= low && number <= high
            ? number
            : throw Invalid(uri, $"{key}={value} isn't a valid whole number in the allowed range");

    private static double Number(string uri, string key, string value, double low, double high) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
        && number >= low && number <= high
            ? number
            : throw Invalid(uri, $"{key}={value} isn't a valid number in the allowed range");

    private static TimeSpan Time(string uri, string value)
    {
        double unit = value.Length == 0 ? 0 : value[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        string digits = unit == 0 ? value : value[..^1];
        bool isNumber = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        double seconds = number * unit;
        return isNumber && (unit > 0 || number == 0) && seconds <= 30 * 86_400
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid(uri, $"history={value} isn't a valid time in the allowed range");
    }

    private static VmStatsException Invalid(string uri, string why) => new(
        ErrorIds.InvalidHypervisorUri,
        VmStatsErrorKind.InvalidArgument,
        $"'{uri}' doesn't name a simulated fleet: {why}.",
        Help,
        uri);
}
