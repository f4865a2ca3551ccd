using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VmStats.Data;

namespace VmStats.Stores.Sliced;

/// <summary>Reads slices a few at a time and gives their rows in the slices' order. What is read ahead is bounded, so that memory stays flat.</summary>
internal static class SliceRunner
{
    private const int ReadAhead = 1024;

    /// <summary>Runs the slices.</summary>
    /// <param name="slices">In the order in which their rows are wanted.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="atOnce">Slices that are read at the same time, at most.</param>
    /// <param name="done">Hears how many are done.</param>
    /// <param name="cancellationToken">Ends all of them.</param>
    public static async IAsyncEnumerable<StoreRow> RunAsync(
        IReadOnlyList<Slice> slices,
        Func<Slice, CancellationToken, IAsyncEnumerable<StoreRow>> read,
        int atOnce,
        Action<int> done,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<(ChannelReader<StoreRow> Rows, Task Work)> running = new();
        int next = 0, finished = 0;
        try
        {
            while (next < slices.Count || running.Count > 0)
            {
                while (next < slices.Count && running.Count < atOnce)
                {
                    running.Enqueue(Start(slices[next++], read, stop.Token));
                }

                (ChannelReader<StoreRow> rows, Task work) = running.Peek();
                await foreach (StoreRow row in rows.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return row;
                }

                // A failure comes after the rows before it, as it would from one query.
                await work.ConfigureAwait(false);
                running.Dequeue();
                done(++finished);
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

    private static (ChannelReader<StoreRow> Rows, Task Work) Start(
        Slice slice, Func<Slice, CancellationToken, IAsyncEnumerable<StoreRow>> read, CancellationToken cancellationToken)
    {
        Channel<StoreRow> channel = Channel.CreateBounded<StoreRow>(new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });
        return (channel.Reader, Task.Run(() => FillAsync(channel.Writer, read(slice, cancellationToken), cancellationToken), CancellationToken.None));
    }

    private static async Task FillAsync(ChannelWriter<StoreRow> writer, IAsyncEnumerable<StoreRow> rows, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await writer.WriteAsync(row, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            writer.Complete();
        }
    }
}
