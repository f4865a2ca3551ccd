using System.Runtime.CompilerServices;
using VmStats.Data;

namespace VmStats.Stores;

/// <summary>What is done to rows here because a server can't.</summary>
internal static class RowOperators
{
    /// <summary>Passes over the first rows and ends after a number of them.</summary>
    public static async IAsyncEnumerable<StoreRow> PageAsync(
        IAsyncEnumerable<StoreRow> rows, int skip, int? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = limit is int count ? (long)skip + count : long.MaxValue;
        long place = 0;
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (place++ >= skip)
            {
                yield return row;
            }

            if (place >= last)
            {
                yield break;
            }
        }
    }

    /// <summary>Leaves out the rows of a time before one, and their times from the others.</summary>
    public static async IAsyncEnumerable<StoreRow> SinceAsync(
        IAsyncEnumerable<StoreRow> rows, long? time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (time is null || row.Time >= time)
            {
                yield return row.WithoutTime();
            }
        }
    }

    /// <summary>Holds all rows and gives them in order of time; rows of one time keep their order.</summary>
    public static async IAsyncEnumerable<StoreRow> SortByTimeAsync(
        IAsyncEnumerable<StoreRow> rows, bool descending, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoreRow> all = [];
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            all.Add(row);
        }

        foreach (StoreRow row in descending ? all.OrderByDescending(row => row.Time) : all.OrderBy(row => row.Time))
        {
            yield return row;
        }
    }
}
