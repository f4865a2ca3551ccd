using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.Influx.Json;

/// <summary>
/// Determines the columns of a result whose rows omit nulls. The columns aren't known beforehand, so the first rows are
/// buffered until theirs are known; a column that first appears later is added from there on.
/// </summary>
internal sealed class StableColumns
{
    /// <summary>Maximum number of buffered rows.</summary>
    public const int MaximumBufferedRows = 1000;

    private readonly List<string> _columns = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _timeNames = [];
    private readonly HashSet<string> _withTime = new(StringComparer.Ordinal);
    private RowLayout? _last;
    private bool _lastHadTime;

    /// <summary>The columns except the time, in order of appearance.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>The names of the time in rows that have one; several only if several statements rename it differently.</summary>
    public IReadOnlyList<string> TimeNames => _timeNames;

    /// <summary>
    /// True for a column with the name of the time that never occurs together with a time in a row: in some rows it was
    /// read as a time, in others it wasn't.
    /// </summary>
    public bool IsInPlaceOfTime(string column) => _timeNames.Contains(column) && _known.Contains(column) && !_withTime.Contains(column);

    /// <summary>Passes the rows on, once their columns are in <see cref="Columns"/>.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(IAsyncEnumerable<StoreRow> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoreRow> buffered = [];
        bool isBuffering = true;
        await foreach (StoreRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            Examine(row);
            if (!isBuffering)
            {
                yield return row;
                continue;
            }

            buffered.Add(row);
            if (buffered.Count == MaximumBufferedRows)
            {
                isBuffering = false;
                foreach (StoreRow one in buffered)
                {
                    yield return one;
                }

                buffered = [];
            }
        }

        foreach (StoreRow row in buffered)
        {
            yield return row;
        }
    }

    private void Examine(StoreRow row)
    {
        bool hasTime = row.Time is not null;
        string name = row.Layout.TimeName;
        if (hasTime && row.Layout.IndexOf(name) is >= 0 and int place && !row[place].IsNull)
        {
            _withTime.Add(name);
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
