using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Connections;

namespace VmStats.Stores.Initialization;

/// <summary>
/// Creates a bucket in InfluxDB 2.x with its retention period, and the mapping that makes it accessible through the 1.x API.
/// Measurements are created with their first points.
/// </summary>
internal sealed class Influx2Initializer(InfluxStore store, ConnectionOptions options) : IDatabaseInitializer
{
    private readonly Influx2Management _server = new(store.Influx, options.Organization);
    private readonly DatabaseName _name = store.Influx.Name;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? kept = retention is TimeSpan period ? DatabaseInitializer.Text(period) : null;
        Influx2Bucket? bucket = await FindAsync(cancellationToken).ConfigureAwait(false);
        yield return bucket is not null
            ? DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, bucket.Name)
            : DatabaseStep.Create(
                VmStatsDatabaseItemKind.Database, _name.ToString(), "Create bucket", kept is null ? null : $"keeps points for {kept}",
                async token => await _server.CreateBucketAsync(_name.ToString(), retention, token).ConfigureAwait(false) is null);
        if (bucket is not null && retention is TimeSpan wanted)
        {
            yield return Retention(bucket, wanted);
        }

        // 2.9 maps a bucket to its own name automatically, older versions don't. With -WhatIf there may be no bucket to map.
        bucket = await FindAsync(cancellationToken).ConfigureAwait(false);
        if (bucket is null)
        {
            yield break;
        }

        yield return await _server.FindMappingAsync(_name, cancellationToken).ConfigureAwait(false) is not null
            ? DatabaseStep.Exists(VmStatsDatabaseItemKind.Mapping, _name.ToString(), $"is the bucket {bucket.Name}")
            : DatabaseStep.Create(
                VmStatsDatabaseItemKind.Mapping, _name.ToString(), "Map the 1.x API's name to the bucket", $"is the bucket {bucket.Name}",
                async token =>
                {
                    await _server.MapAsync(_name, bucket.Id, token).ConfigureAwait(false);
                    return false;
                });
    }

    private DatabaseStep Retention(Influx2Bucket bucket, TimeSpan wanted)
    {
        string text = DatabaseInitializer.Text(wanted), former = bucket.Retention is TimeSpan was ? DatabaseInitializer.Text(was) : "for ever";
        return bucket.Retention == DatabaseInitializer.WholeSeconds(wanted)
            ? DatabaseStep.Exists(VmStatsDatabaseItemKind.RetentionPeriod, bucket.Name, text)
            : DatabaseStep.Change(
                VmStatsDatabaseItemKind.RetentionPeriod, bucket.Name, $"Keep points for {text} instead of {former}; older points are deleted", $"{text}, was {former}",
                async token =>
                {
                    await _server.SetRetentionAsync(bucket.Id, wanted, token).ConfigureAwait(false);
                    return false;
                });
    }

    // Returns the bucket that is mapped to the name, otherwise the one that has this name.
    private async ValueTask<Influx2Bucket?> FindAsync(CancellationToken cancellationToken)
    {
        string? mapped = await _server.FindMappingAsync(_name, cancellationToken).ConfigureAwait(false);
        return (mapped is null ? null : await _server.FindBucketAsync("id", mapped, cancellationToken).ConfigureAwait(false))
            ?? await _server.FindBucketAsync("name", _name.ToString(), cancellationToken).ConfigureAwait(false);
    }
}
