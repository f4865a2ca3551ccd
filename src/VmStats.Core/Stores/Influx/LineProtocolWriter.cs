using System.Net;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.LineProtocol;
using VmStats.ThirdParty;

namespace VmStats.Stores.Influx;

/// <summary>Sends points in batches that are small enough for the server, and determines which points it rejected.</summary>
internal sealed class LineProtocolWriter(InfluxTransport transport, InfluxProbe probe, IInfrastructure infrastructure, DatabaseName database) : IDisposable
{
    private const int MaximumBatchPoints = 10_000;
    private const int MaximumBatchBytes = 9 * 1024 * 1024; // InfluxDB 3 accepts 10 MiB, uncompressed.
    private const int RecordLength = 4096; // The client copies all records into one string; a single large record would cost it more.
    private ILineSender? _sender;
    private object? _senderLock;

    /// <summary>Writes all points.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, InfluxApi api, CancellationToken cancellationToken)
    {
        List<RejectedPoint> rejected = [];
        int written = 0;
        using LineProtocolEncoder encoder = new(forInfluxDB3: IsOfClient(api));
        List<Point> batch = new(Math.Min(points.Count, MaximumBatchPoints));
        List<int> ends = new(batch.Capacity);
        foreach (Point point in points)
        {
            if (point.Shape.Measurement.StartsWith('#'))
            {
                rejected.Add(new RejectedPoint(point, "Line protocol takes a line that begins with # for a comment."));
                continue;
            }

            int before = encoder.Length;
            if (!encoder.Write(point))
            {
                continue;
            }

            if (batch.Count == MaximumBatchPoints || (encoder.Length > MaximumBatchBytes && batch.Count > 0))
            {
                encoder.Truncate(before);
                written += await SendAsync(new Batch(batch, ends, encoder.Written), api, rejected, cancellationToken).ConfigureAwait(false);
                batch.Clear();
                ends.Clear();
                encoder.Truncate(0);
                encoder.Write(point);
            }

            batch.Add(point);
            ends.Add(encoder.Length);
        }

        if (batch.Count > 0)
        {
            written += await SendAsync(new Batch(batch, ends, encoder.Written), api, rejected, cancellationToken).ConfigureAwait(false);
        }

        return new WriteResult(written, rejected);
    }

    /// <summary>Returns the path of the write endpoint of 1.x and 2.x.</summary>
    public static string PathFor(DatabaseName database)
    {
        string policy = database.Policy is { } named ? $"&rp={Uri.EscapeDataString(named)}" : "";
        return $"write?db={Uri.EscapeDataString(database.Database)}{policy}&precision=ns";
    }

    /// <inheritdoc/>
    public void Dispose() => _sender?.Dispose();

    /// <summary>Sends one batch; in halves, if it is too large for the server or the server doesn't report which line it rejected.</summary>
    private async ValueTask<int> SendAsync(Batch batch, InfluxApi api, List<RejectedPoint> rejected, CancellationToken cancellationToken)
    {
        Refusal? refusal = await PostOrFindDroppedAsync(batch, api, cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            return batch.Count;
        }

        if (refusal.IsTooLarge)
        {
            return batch.Count > 1
                ? await SendHalvesAsync(batch, api, rejected, cancellationToken).ConfigureAwait(false)
                : Reject(batch, 0, refusal.Reason, rejected);
        }

        if (refusal.Lines is { Count: > 0 } lines && lines.All(line => line.Number >= 1 && line.Number <= batch.Count))
        {
            List<RefusedLine> distinct = lines.DistinctBy(line => line.Number).ToList();
            foreach (RefusedLine line in distinct)
            {
                rejected.Add(new RejectedPoint(batch[line.Number - 1], line.Reason));
            }

            return batch.Count - distinct.Count;
        }

        // InfluxDB 1.x and 2.x reject points without line numbers. If as many points have the reported field as the server dropped, it is those.
        if (FieldConflict.Find(refusal.Reason) is { } conflict
            && Enumerable.Range(0, batch.Count).Where(i => conflict.IsOf(batch[i])).ToArray() is { Length: > 0 } those && those.Length == refusal.Dropped)
        {
            Array.ForEach(those, i => Reject(batch, i, refusal.Reason, rejected));
            return batch.Count - those.Length;
        }

        if (batch.Count == 1 || refusal.Dropped == batch.Count)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Reject(batch, i, refusal.Reason, rejected);
            }

            return 0;
        }

        // Points that were already accepted are overwritten with the same values.
        return await SendHalvesAsync(batch, api, rejected, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> SendHalvesAsync(Batch batch, InfluxApi api, List<RejectedPoint> rejected, CancellationToken cancellationToken)
    {
        (Batch first, Batch second) = batch.Halves();
        int written = await SendAsync(first, api, rejected, cancellationToken).ConfigureAwait(false);
        return written + await SendAsync(second, api, rejected, cancellationToken).ConfigureAwait(false);
    }

    private static int Reject(Batch batch, int index, string reason, List<RejectedPoint> rejected)
    {
        rejected.Add(new RejectedPoint(batch[index], reason));
        return 0;
    }

    // A server may drop the connection each time it receives a certain point; all points queued behind it would then wait forever.
    private async ValueTask<Refusal?> PostOrFindDroppedAsync(Batch batch, InfluxApi api, CancellationToken cancellationToken)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                return await PostAsync(batch, api, cancellationToken).ConfigureAwait(false);
            }
            catch (InfluxException e) when (e.ErrorId == ErrorIds.InfluxConnectionBroken)
            {
                if (!await TakesWritesAsync(api, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }

                if (batch.Count > 1 || !isFirst)
                {
                    return new Refusal("The server drops the connection each time that it gets this point, and answers other writes.", [], null, IsTooLarge: true);
                }
            }
        }
    }

    /// <summary>Returns true if the server, and any proxy in front of it, responds to an empty write.</summary>
    private async ValueTask<bool> TakesWritesAsync(InfluxApi api, CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        try
        {
            using ByteArrayContent nothing = new([]);
            using HttpResponseMessage answer = await transport.SendAsync(HttpMethod.Post, PathOfWrites(api), nothing, api, timer).ConfigureAwait(false);
            return AcknowledgementHandler.IsAcknowledgement(answer)
                || transport.Failures.FromAnswer(answer, await ErrorBody.ReadAsync(answer, timer, transport.Failures).ConfigureAwait(false)).ErrorId == ErrorIds.InfluxWriteEmpty;
        }
        catch (InfluxException)
        {
            return false;
        }
    }

    private async ValueTask<Refusal?> PostAsync(Batch batch, InfluxApi api, CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        using HttpResponseMessage? answer = IsOfClient(api)
            ? await SendRecordsAsync(batch, api, timer).ConfigureAwait(false)
            : await SendBodyAsync(batch, api, timer).ConfigureAwait(false);
        if (answer is null || AcknowledgementHandler.IsAcknowledgement(answer))
        {
            return null;
        }

        string text = await ErrorBody.ReadAsync(answer, timer, transport.Failures).ConfigureAwait(false);
        // Cloud Serverless may answer 201 Created for a batch that it accepted only in part, with the errors of the other points in the body.
        if (answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.Created)
        {
            throw transport.Failures.NotAcknowledged(answer, text);
        }

        InfluxException failure = transport.Failures.FromAnswer(answer, text);
        return Refusal.Read(answer.StatusCode, text, failure) ?? throw (answer.IsSuccessStatusCode ? transport.Failures.NotAcknowledged(answer, text) : failure);
    }

    private static bool IsOfClient(InfluxApi api) => api is InfluxApi.V3 or InfluxApi.V3Distributed;

    // InfluxDB Cloud creates a bucket for any name that is passed to /write, and keeps its points for three days.
    private string PathOfWrites(InfluxApi api)
    {
        string name = Uri.EscapeDataString(database.ForInfluxDB3);
        return api switch
        {
            InfluxApi.V3 => $"api/v3/write_lp?db={name}",
            _ when api == InfluxApi.V3Distributed || probe.IsCloud => $"api/v2/write?org=&bucket={name}&precision=ns",
            _ => PathFor(database),
        };
    }

    /// <summary>Writes to the InfluxDB 3 engine with its own client library. Returns null if the batch was acknowledged, otherwise the response.</summary>
    private async ValueTask<HttpResponseMessage?> SendRecordsAsync(Batch batch, InfluxApi api, RequestTimer timer)
    {
        // Created with the first write, so that the library isn't loaded in a process that only reads.
        ILineSender sender = LazyInitializer.EnsureInitialized(
            ref _sender, ref _senderLock, () => infrastructure.CreateLineSender(
                transport.CreateWriteClient(), transport.Server, database.ForInfluxDB3, byV2Api: api == InfluxApi.V3Distributed));
        return await transport.AwaitAsync<HttpResponseMessage?>(
            async token =>
            {
                try
                {
                    await sender.SendAsync(batch.Records(RecordLength), token).ConfigureAwait(false);
                    return null;
                }
                catch (WriteRefusedException e)
                {
                    return e.Answer;
                }
            },
            timer).ConfigureAwait(false);
    }

    // Uncompressed: InfluxDB 1.x applies its size limit to a compressed body by truncating it, and points would be lost silently.
    private async ValueTask<HttpResponseMessage> SendBodyAsync(Batch batch, InfluxApi api, RequestTimer timer)
    {
        using ReadOnlyMemoryContent content = new(batch.Body);
        return await transport.SendAsync(HttpMethod.Post, PathOfWrites(api), content, api, timer).ConfigureAwait(false);
    }
}
