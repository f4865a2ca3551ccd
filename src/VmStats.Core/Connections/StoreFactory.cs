using VmStats.Configuration;
using VmStats.Errors;
using VmStats.IO;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.Connections;

/// <summary>Opens the store that the connection options refer to.</summary>
internal static class StoreFactory
{
    /// <summary>The path of the default embedded store, in the user's data folder.</summary>
    public static string DefaultPath => DataFolders.Data("telemetry.db");

    /// <summary>Opens a store: InfluxDB for http and https, a file for <c>file:</c>, the default file without a URL. No request is sent to a server yet.</summary>
    /// <exception cref="VmStatsException"><c>InvalidUrl</c>, <c>UrlMissing</c>, <c>DatabaseMissing</c>, or an error of the store.</exception>
    public static ITelemetryStore Open(ConnectionOptions options, IInfrastructure infrastructure) =>
        Open(options, infrastructure, path => infrastructure.OpenEmbeddedStore(path, options.RetentionPeriod, options.LockTimeout));

    /// <summary>
    /// As <see cref="Open(ConnectionOptions, IInfrastructure)"/>, but without any delay: a file is opened at its first use,
    /// which throws if it can't be opened.
    /// </summary>
    /// <exception cref="VmStatsException"><c>InvalidUrl</c>, <c>UrlMissing</c>, <c>DatabaseMissing</c>.</exception>
    internal static ITelemetryStore OpenDeferred(ConnectionOptions options, IInfrastructure infrastructure) =>
        Open(options, infrastructure, path => new DeferredStore(
            new StoreInfo(StoreKind.Embedded, Path.GetFullPath(path), Path.GetFileName(path)),
            () => infrastructure.OpenEmbeddedStore(path, options.RetentionPeriod, options.LockTimeout)));

    private static ITelemetryStore Open(ConnectionOptions options, IInfrastructure infrastructure, Func<string, ITelemetryStore> openFile)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(infrastructure);
        if (options.Url is null)
        {
            return openFile(DefaultFile(options));
        }

        if (!options.Url.IsAbsoluteUri)
        {
            throw InvalidUrl(options, "has no scheme");
        }

        switch (options.Url.Scheme)
        {
            case "http" or "https":
                return OpenInflux(options, infrastructure);
            case "file":
                return openFile(FilePath(options));
            default:
                throw InvalidUrl(options, $"has the scheme '{options.Url.Scheme}'");
        }
    }

    private static InfluxStore OpenInflux(ConnectionOptions options, IInfrastructure infrastructure)
    {
        if (options.Url!.Host.Length == 0)
        {
            throw InvalidUrl(options, "has no host");
        }

        if (string.IsNullOrEmpty(options.Database))
        {
            throw new VmStatsException(ErrorIds.DatabaseMissing, VmStatsErrorKind.InvalidArgument,
                $"The URL {VmStats.Text.SafeText.Url(options.Url)} (from {options.UrlSource}) refers to a server, but no database is specified.",
                "Set INFLUX_DB, or use Connect-VmStats -Database.", VmStats.Text.SafeText.Url(options.Url));
        }

        return new InfluxStore(options, infrastructure);
    }

    private static string DefaultFile(ConnectionOptions options)
    {
        string? given = options.Token is { } token ? $"a token (from {token.Source})"
            : !string.IsNullOrEmpty(options.Database) ? $"the database '{options.Database}'"
            : null;
        return given is null
            ? DefaultPath
            : throw new VmStatsException(ErrorIds.UrlMissing, VmStatsErrorKind.InvalidArgument,
                $"There is {given}, but no server URL.",
                "Set INFLUX_URL or use Connect-VmStats -Url; without token and database the embedded store is used.");
    }

    private static string FilePath(ConnectionOptions options)
    {
        Uri url = options.Url!;
        bool isHere = url.Host.Length == 0 || url.IsLoopback || OperatingSystem.IsWindows();
        return isHere && url.LocalPath.Length > 1 && !Path.EndsInDirectorySeparator(url.LocalPath)
            ? Path.GetFullPath(url.LocalPath)
            : throw InvalidUrl(options, "doesn't refer to a file on this machine");
    }

    private static VmStatsException InvalidUrl(ConnectionOptions options, string problem) =>
        new(ErrorIds.InvalidUrl, VmStatsErrorKind.InvalidArgument,
            $"The URL '{VmStats.Text.SafeText.Url(options.Url!)}' (from {options.UrlSource}) {problem}.",
            "Use http://host:8181 or https://host:8181 for InfluxDB 3, port 8086 for InfluxDB 1.x and 2.x, or file:///path/telemetry.db for an embedded store.",
            VmStats.Text.SafeText.Url(options.Url!));
}
