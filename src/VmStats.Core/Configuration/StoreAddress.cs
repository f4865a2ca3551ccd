using VmStats.Errors;

namespace VmStats.Configuration;

/// <summary>Parses the address of a store as users write it.</summary>
internal static class StoreAddress
{
    private const string ValidForms = "Use http://host:8181 or https://host for InfluxDB, or file:///path/telemetry.db (Connect-VmStats -Path FILE) for an embedded store.";

    /// <summary>Returns the URL of a file, escaping any special characters in its path.</summary>
    /// <param name="path">A full path.</param>
    public static Uri FromPath(string path) =>
        new("file:///" + string.Join('/', path.Replace('\\', '/').TrimStart('/').Split('/').Select(Uri.EscapeDataString)));

    /// <summary>Parses the URL of a store. A bare <c>host:port</c> means http, as in the original's scripts.</summary>
    /// <param name="text">The address.</param>
    /// <param name="source">The variable or parameter that it comes from, for the message.</param>
    /// <exception cref="VmStatsException"><c>InvalidUrl</c>: not a usable address. The text is not repeated if it may contain a password.</exception>
    public static Uri Parse(string text, string source)
    {
        Uri? url = UrlText.TryParse(text, out UrlFault fault);
        if (url is { IsFile: true } or { Scheme: "http" or "https" })
        {
            return url;
        }

        string shown = text.Contains('@', StringComparison.Ordinal) ? "The address" : $"'{text}'";
        throw fault == UrlFault.HasQuery
            ? Invalid($"The address given by {source} has a query or a fragment, which requests would not include.", source)
            : Invalid($"{shown} given by {source} is not the address of a store.", source);
    }

    private static VmStatsException Invalid(string message, string source) =>
        new(ErrorIds.InvalidUrl, VmStatsErrorKind.InvalidArgument, message, ValidForms, source);
}
