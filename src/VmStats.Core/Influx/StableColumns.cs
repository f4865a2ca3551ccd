using System.Runtime.CompilerServices;
using VmStats.Data;

namespace VmStats.Influx;

/// <summary>
/// The columns of an answer whose rows leave out what is null. Nothing tells the columns beforehand, so the first rows
/// are held back until theirs are known; a column that appears only after them is added from there on.
/// </summary>
internal sealed class StableColumns
{
    /// <summary>Rows that are held back at the most.</summary>
    public const int Ahead = 1000;

    private readonly List<string> _columns = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private RowLayout? _last;

    /// <summary>The columns besides the time, in the order in which they appeared.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>True when rows have a time.</summary>
    public bool HasTime { get; private set; }

    /// <summary>Gives the rows on, once their columns are in <see cref="Columns"/>.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(IAsyncEnumerable<StoreRow> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoreRow> held = [];
        bool isHolding = true;
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            Learn(row);
            if (!isHolding)
            {
                yield return row;
                continue;
            }

            held.Add(row);
            if (held.Count == Ahead)
            {
                isHolding = false;
                foreach (StoreRow one in held)
                {
                    yield return one;
                }

                held = [];
            }
        }

        foreach (StoreRow row in held)
        {
            yield return row;
        }
    }

    private void Learn(StoreRow row)
    {
        HasTime |= row.Time is not null;
        if (ReferenceEquals(row.Layout, _last))
        {
            return;
        }

        _last = row.Layout;
        foreach (string column in row.Layout.Columns)
        {
            if (_known.Add(column))
            {
                _columns.Add(column);
            }
        }
    }
}
