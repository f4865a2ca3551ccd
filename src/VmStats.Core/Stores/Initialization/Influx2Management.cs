using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Text;

namespace VmStats.Stores.Initialization;

/// <summary>A bucket of InfluxDB 2.x.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Retention">How long it keeps points; null for no limit.</param>
internal sealed record Influx2Bucket(string Id, string Name, TimeSpan? Retention);

/// <summary>Uses the API of InfluxDB 2.x for organisations, buckets, and the mappings of buckets to names in its 1.x API.</summary>
internal sealed class Influx2Management(InfluxQuery influx, string? organization)
{
    private string? _organizationId;

    /// <summary>Returns the id of the bucket that a database and a retention policy are mapped to, or null.</summary>
    public async ValueTask<string?> FindMappingAsync(DatabaseName name, CancellationToken cancellationToken)
    {
        string path = $"api/v2/dbrps?orgID={await OrganizationAsync(cancellationToken).ConfigureAwait(false)}&db={Uri.EscapeDataString(name.Database)}";
        foreach (JsonNode mapping in List(await GetAsync(path, cancellationToken).ConfigureAwait(false), "content"))
        {
            bool isAsked = name.Policy is null ? mapping["default"]?.GetValue<bool>() == true : Text(mapping, "retention_policy") == name.Policy;
            if (Text(mapping, "database") == name.Database && isAsked)
            {
                return Text(mapping, "bucketID");
            }
        }

        return null;
    }

    /// <summary>Finds a bucket by <c>name</c> or <c>id</c>; null if there is none.</summary>
    public async ValueTask<Influx2Bucket?> FindBucketAsync(string by, string value, CancellationToken cancellationToken)
    {
        string path = $"api/v2/buckets?orgID={await OrganizationAsync(cancellationToken).ConfigureAwait(false)}&{by}={Uri.EscapeDataString(value)}";
        return List(await GetAsync(path, cancellationToken).ConfigureAwait(false), "buckets").Select(Bucket).FirstOrDefault(bucket => (by == "id" ? bucket.Id : bucket.Name) == value);
    }

    /// <summary>Creates a bucket; returns null if there is already one with that name.</summary>
    public async ValueTask<Influx2Bucket?> CreateBucketAsync(string name, TimeSpan? retention, CancellationToken cancellationToken)
    {
        JsonObject body = new() { ["orgID"] = await OrganizationAsync(cancellationToken).ConfigureAwait(false), ["name"] = name, ["retentionRules"] = Rules(retention) };
        try
        {
            return await SendAsync(HttpMethod.Post, "api/v2/buckets", body, cancellationToken).ConfigureAwait(false) is { } made ? Bucket(made) : null;
        }
        catch (InfluxException e) when (e.ErrorId == ErrorIds.InfluxAlreadyExists)
        {
            return null;
        }
    }

    /// <summary>Sets how long a bucket keeps points.</summary>
    public async ValueTask SetRetentionAsync(string bucketId, TimeSpan retention, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Patch, $"api/v2/buckets/{bucketId}", new JsonObject { ["retentionRules"] = Rules(retention) }, cancellationToken).ConfigureAwait(false);

    /// <summary>Maps a database and a retention policy to a bucket. Without a policy, the mapping becomes the database's default.</summary>
    public async ValueTask MapAsync(DatabaseName name, string bucketId, CancellationToken cancellationToken)
    {
        JsonObject body = new()
        {
            ["orgID"] = await OrganizationAsync(cancellationToken).ConfigureAwait(false),
            ["bucketID"] = bucketId,
            ["database"] = name.Database,
            ["retention_policy"] = name.Policy ?? "autogen",
            ["default"] = name.Policy is null,
        };
        await SendAsync(HttpMethod.Post, "api/v2/dbrps", body, cancellationToken).ConfigureAwait(false);
    }

    private static Influx2Bucket Bucket(JsonNode bucket)
    {
        long seconds = List(bucket, "retentionRules").Select(rule => rule["everySeconds"]?.GetValue<long>() ?? 0).FirstOrDefault();
        return new Influx2Bucket(Text(bucket, "id"), Text(bucket, "name"), seconds > 0 ? TimeSpan.FromSeconds(seconds) : null);
    }

    private static JsonArray Rules(TimeSpan? retention) => retention is TimeSpan kept
        ? [new JsonObject { ["type"] = "expire", ["everySeconds"] = (long)DatabaseInitializer.WholeSeconds(kept).TotalSeconds }]
        : [];

    private static IEnumerable<JsonNode> List(JsonNode? node, string name) => (node?[name] as JsonArray)?.OfType<JsonNode>() ?? [];

    private static string Text(JsonNode node, string name) => node[name]?.GetValue<string>() ?? "";

    // Returns the id of the organisation that the connection specifies, otherwise of the only one that is visible to the token.
    private async ValueTask<string> OrganizationAsync(CancellationToken cancellationToken)
    {
        if (_organizationId is not null)
        {
            return _organizationId;
        }

        JsonNode? answer = await GetAsync("api/v2/orgs?limit=100", cancellationToken).ConfigureAwait(false);
        (string Id, string Name)[] all = [.. List(answer, "orgs").Select(one => (Text(one, "id"), Text(one, "name")))];
        (string Id, string Name)[] fitting = organization is null ? all : [.. all.Where(one => one.Name == organization || one.Id == organization)];
        return _organizationId = fitting.Length == 1 ? fitting[0].Id : throw NotOne(all.Select(one => one.Name));
    }

    private VmStatsException NotOne(IEnumerable<string> names)
    {
        string seen = SafeText.Printable(string.Join(", ", names.Select(name => $"'{name}'")));
        string message = organization is not null ? $"The token sees no organisation '{organization}' (from INFLUX_ORG); it sees {(seen.Length == 0 ? "none" : seen)}."
            : seen.Length == 0 ? "The token sees no organisation."
            : $"The token sees several organisations: {seen}.";
        string remedy = seen.Length == 0 ? "Use a token that may read its organisation, and read and write buckets." : "Set INFLUX_ORG to the name or the id of one of them.";
        return new VmStatsException(ErrorIds.OrganizationNotNamed, VmStatsErrorKind.InvalidArgument, $"{message} Server: {influx.Address}", remedy, influx.Address);
    }

    private ValueTask<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    private async ValueTask<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using StringContent? content = body is null ? null : new StringContent(body.ToJsonString(JsonSerializerOptions.Default), Encoding.UTF8, "application/json");
        (_, string text) = await influx.AskAsync(method, path, content, [], cancellationToken).ConfigureAwait(false);
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw influx.Failures.NotUnderstood(text[..Math.Min(text.Length, 80)], e);
        }
    }
}
