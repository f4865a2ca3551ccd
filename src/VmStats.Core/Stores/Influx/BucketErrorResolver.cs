using System.Net;
using System.Text.Json;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx;

/// <summary>
/// Finds the actual reason of an error for which the 1.x API of InfluxDB 2.x has the same response: a bucket that doesn't exist,
/// one without a default mapping, or one that the token may not read. The server's own API lists the buckets and mappings that
/// the token may read.
/// </summary>
internal sealed class BucketErrorResolver(InfluxTransport transport, DatabaseName database)
{
    private const int MaximumNames = 10;
    private static readonly HashSet<string> s_ambiguous = [ErrorIds.InfluxDefaultPolicyNotSet, ErrorIds.InfluxMappingNotFound, ErrorIds.InfluxDatabaseNotFound];

    /// <summary>Awaits a result, and replaces an ambiguous error with its reason.</summary>
    public async ValueTask<T> ExplainAsync<T>(ValueTask<T> call, bool isWrite, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (InfluxException e) when (s_ambiguous.Contains(e.ErrorId))
        {
            throw await FindReasonAsync(e, isWrite, cancellationToken).ConfigureAwait(false) ?? e;
        }
    }

    private async ValueTask<InfluxException?> FindReasonAsync(InfluxException refusal, bool isWrite, CancellationToken cancellationToken)
    {
        if (await ListAsync("api/v2/buckets?limit=100", "buckets", cancellationToken).ConfigureAwait(false) is not { } buckets)
        {
            return null;
        }

        // The list is limited, so the bucket is also looked up by name.
        buckets.AddRange(await ListAsync($"api/v2/buckets?name={Uri.EscapeDataString(database.ToString())}", "buckets", cancellationToken).ConfigureAwait(false) ?? []);
        List<JsonElement> mappings = buckets.Count == 0 ? []
            : await ListAsync($"api/v2/dbrps?orgID={Text(buckets[0], "orgID")}", "content", cancellationToken).ConfigureAwait(false) ?? [];
        JsonElement[] own = [.. mappings.Where(mapping => Text(mapping, "database") == database.Database)];
        if (own.Any(mapping => database.Policy is string policy
            ? Text(mapping, "retention_policy") == policy
            : mapping.TryGetProperty("default", out JsonElement isDefault) && isDefault.ValueKind == JsonValueKind.True))
        {
            return null;
        }

        if (own.Length > 0 && database.Policy is not null)
        {
            return CreateException(ErrorIds.InfluxRetentionPolicyNotFound, $"The database {database.Database} has mappings for the retention policies {Names(own, "retention_policy")}, and none for {database.Policy}.");
        }

        if (own.Length > 0)
        {
            return CreateException(ErrorIds.InfluxDefaultPolicyNotSet, $"The database {database.Database} has mappings for the retention policies {Names(own, "retention_policy")}, and none of them is the default.",
                "Make one of them the default: influx v1 dbrp update --default.");
        }

        if (buckets.Any(bucket => Text(bucket, "name") == database.ToString()))
        {
            return CreateException(ErrorIds.InfluxMappingNotFound, $"The bucket {database} has no mapping of database and retention policy.", "Create one: influx v1 dbrp create --default.");
        }

        // Only a token that may read everything is shown the server's system buckets.
        JsonElement[] shown = [.. buckets.Where(bucket => Text(bucket, "type") != "system")];
        if (shown.Length < buckets.Count)
        {
            return CreateException(ErrorIds.InfluxDatabaseNotFound, $"There is no bucket {database}; the existing ones are: {Names(shown, "name")}.");
        }

        return (shown.Length, isWrite) switch
        {
            (0, true) => null,
            (0, false) => CreateException(ErrorIds.InfluxUserLacksReadAccess, $"This token may not read {database} or any other bucket.", "To read, use a token with read access; to write points and records, this one may be sufficient."),
            _ => CreateException(ErrorIds.InfluxDatabaseNotFound, $"{database} is not among the buckets that this token may read ({Names(shown, "name")}): it doesn't exist, or the token lacks the permission for it."),
        };

        InfluxException CreateException(string id, string why, string? recommendation = null)
        {
            KnownError known = ErrorTable.Known.First(one => one.Id == id);
            return transport.Failures.Explained(recommendation is null ? known : known with { Recommendation = recommendation }, why, refusal);
        }
    }

    // Returns null if the token may not list them, or the server doesn't have the endpoint.
    private async ValueTask<List<JsonElement>?> ListAsync(string path, string member, CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        try
        {
            using HttpResponseMessage response = await transport.SendAsync(HttpMethod.Get, path, null, InfluxApi.V2, timer).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return null;
            }

            using JsonDocument answer = JsonDocument.Parse(await ErrorBody.ReadAsync(response, timer, transport.Failures).ConfigureAwait(false));
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty(member, out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.Clone().EnumerateArray()]
                : null;
        }
        catch (Exception e) when (e is InfluxException or JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Names(JsonElement[] elements, string member)
    {
        string[] names = [.. elements.Select(element => Text(element, member) ?? "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return names.Length == 0 ? "none" : string.Join(", ", names.Take(MaximumNames)) + (names.Length > MaximumNames ? ", ..." : "");
    }
}
