using VmStats.Configuration;

namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>
/// A URL from an environment variable. The original's programs accept whole URLs and bare hosts (<c>127.0.0.1:8181</c>), so
/// both are parsed here. User and password are removed from the URL immediately, and no error message repeats the value, because
/// it may contain them.
/// </summary>
/// <param name="Url">The URL without user, password, query and fragment.</param>
/// <param name="UserName">The user, or null.</param>
/// <param name="Password">The password, or null.</param>
internal sealed record EnvironmentUrl(Uri Url, string? UserName, Secret? Password)
{
    private const string StoreForms = "a URL such as http://host:8086, https://host:8181 or file:///var/lib/vmstats/vmstats.db";

    /// <summary>Parses the URL of a store: http, https or file.</summary>
    public static EnvironmentUrl ParseStore(string variable, string text)
    {
        EnvironmentUrl url = Parse(variable, text, StoreForms);
        return url.Url.Scheme is "http" or "https" or "file"
            ? url
            : throw EnvironmentValues.Invalid(variable, $"'{url.Url.Scheme}:' is not the scheme of a store", StoreForms);
    }

    /// <summary>Parses the URL of an HTTP service that takes no credentials.</summary>
    public static Uri ParseService(string variable, string text)
    {
        const string forms = "a URL such as http://host:5001";
        EnvironmentUrl url = Parse(variable, text, forms);
        return url.Url.Scheme is "http" or "https" && url.UserName is null
            ? url.Url
            : throw EnvironmentValues.Invalid(variable, "it is not a plain http or https URL", forms);
    }

    private static EnvironmentUrl Parse(string variable, string text, string forms)
    {
        if (UrlText.TryParse(text, out UrlFault fault) is not { } url)
        {
            throw EnvironmentValues.Invalid(
                variable, fault == UrlFault.HasQuery ? "it has a query or a fragment, which no request would keep" : "it is not a URL", forms);
        }

        (string? user, string? password) = UrlText.UserOf(url);
        return user is null
            ? new EnvironmentUrl(url, null, null)
            : new EnvironmentUrl(new UriBuilder(url) { UserName = "", Password = "" }.Uri, user, password is null ? null : new Secret(password, variable));
    }
}
