namespace VmStats.Configuration;

/// <summary>Reads the address of a store as people write it.</summary>
public static class StoreAddress
{
    private const string Right = "Use http://host:8181 or https://host for InfluxDB, or file:///path/telemetry.db (Connect-VmStats -Path FILE) for an embedded store.";

    /// <summary>The URL of a file, whatever characters its path holds.</summary>
    /// <param name="path">A full path.</param>
    public static Uri FromPath(string path) =>
        new("file:///" + string.Join('/', path.Replace('\\', '/').TrimStart('/').Split('/').Select(Uri.EscapeDataString)));

    /// <summary>The URL of a store. A bare <c>host:port</c> means http, as in the original's scripts.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="source">Where it was given: a variable or a parameter, for the message.</param>
    /// <exception cref="VmStatsException">Not an address that can be used: <c>InvalidUrl</c>. The text is not repeated where it may hold a password.</exception>
    public static Uri Parse(string text, string source)
    {
        Uri? url = UrlText.TryParse(text, out UrlFault fault);
        if (url is { IsFile: true } or { Scheme: "http" or "https" })
        {
            return url;
        }

        string shown = text.Contains('@', StringComparison.Ordinal) ? "The address" : $"'{text}'";
        throw fault == UrlFault.HasQuery
            ? Invalid($"The address given by {source} has a query or a fragment, which no request would keep.", source)
            : Invalid($"{shown} given by {source} is not the address of a store.", source);
    }

    private static VmStatsException Invalid(string message, string source) =>
        new("InvalidUrl", VmStatsErrorKind.InvalidArgument, message, Right, source);
}
