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
    private readonly List<string> _timeNames = [];
    private readonly HashSet<string> _besideTime = new(StringComparer.Ordinal);
    private RowLayout? _last;
    private bool _lastHadTime;

    /// <summary>The columns besides the time, in the order in which they appeared.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>What the time is called in rows that have one; several names only where several statements give it some.</summary>
    public IReadOnlyList<string> TimeNames => _timeNames;

    /// <summary>True for a column of the time's name that no row has beside its time: it isn't read as a time in some rows, and is in others.</summary>
    public bool IsInPlaceOfTime(string column) => _timeNames.Contains(column) && _known.Contains(column) && !_besideTime.Contains(column);

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
        bool hasTime = row.Time is not null;
        string name = row.Layout.TimeName;
        if (hasTime && row.Layout.IndexOf(name) is >= 0 and int place && !row[place].IsNull)
        {
            _besideTime.Add(name);
        }

        if (ReferenceEquals(row.Layout, _last) && hasTime == _lastHadTime)
        {
            return;
        }

        (_last, _lastHadTime) = (row.Layout, hasTime);
        if (hasTime && !_timeNames.Contains(name))
        {
            _timeNames.Add(name);
        }

        foreach (string column in row.Layout.Columns)
        {
            if (_known.Add(column))
            {
                _columns.Add(column);
            }
        }
    }
}
