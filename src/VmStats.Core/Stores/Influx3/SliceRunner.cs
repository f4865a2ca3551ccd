using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Reads a few slices at a time and returns their rows in the order of the slices. The number of rows read ahead is bounded,
/// which keeps memory use constant.
/// </summary>
internal static class SliceRunner
{
    private const int AtOnce = 3;
    private const int ReadAhead = 1024;

    /// <summary>Reads the slices.</summary>
    /// <param name="reader">Reads each slice.</param>
    /// <param name="plan">The query; if it is descending, the newest slice is read first.</param>
    /// <param name="slices">The slices, in time order.</param>
    /// <param name="isLimited">True if only some rows are needed: slices are then read one by one, so that nothing beyond those rows is read.</param>
    /// <param name="cancellationToken">Cancels all of them.</param>
    public static async IAsyncEnumerable<StoreRow> RunAsync(
        SqlReader reader, QueryPlan plan, IReadOnlyList<Slice> slices, bool isLimited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        Queue<Slice> waiting = new(query.Descending ? slices.Reverse() : slices);
        int atOnce = isLimited ? 1 : AtOnce, finished = 0;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<(ChannelReader<StoreRow> Rows, Task Work)> running = new();
        query.Observer?.OnProgress(new QueryProgress(query.Measurement, 0, slices.Count));
        try
        {
            while (waiting.Count > 0 || running.Count > 0)
            {
                while (waiting.Count > 0 && running.Count < atOnce)
                {
                    running.Enqueue(Start(reader, plan, waiting.Dequeue(), stop.Token));
                }

                (ChannelReader<StoreRow> rows, Task work) = running.Peek();
                while (await rows.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    while (rows.TryRead(out StoreRow? row))
                    {
                        yield return row;
                    }
                }

                // An error is thrown after the rows that precede it, as with a single query.
                await work.ConfigureAwait(false);
                running.Dequeue();
                query.Observer?.OnProgress(new QueryProgress(query.Measurement, ++finished, slices.Count));
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach ((_, Task work) in running)
            {
                await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static (ChannelReader<StoreRow> Rows, Task Work) Start(SqlReader reader, QueryPlan plan, Slice slice, CancellationToken cancellationToken)
    {
        Channel<StoreRow> channel = Channel.CreateBounded<StoreRow>(new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });
        return (channel.Reader, Task.Run(() => FillAsync(channel.Writer, reader, plan, slice, cancellationToken), CancellationToken.None));
    }

    private static async Task FillAsync(ChannelWriter<StoreRow> rows, SqlReader reader, QueryPlan plan, Slice slice, CancellationToken cancellationToken)
    {
        try
        {
            await reader.ReadAsync(plan, slice, rows, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            rows.Complete();
        }
    }
}
