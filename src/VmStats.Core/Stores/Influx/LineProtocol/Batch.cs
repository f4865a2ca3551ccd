using System.Text;
using VmStats.Points;

namespace VmStats.Stores.Influx.LineProtocol;

/// <summary>Points and their encoded lines. Parts of a batch can be sent again without encoding them again.</summary>
/// <param name="points">The points.</param>
/// <param name="ends">The end offset of each point's line in the text.</param>
/// <param name="text">The lines.</param>
internal sealed class Batch(List<Point> points, List<int> ends, ReadOnlyMemory<byte> text)
{
    private readonly int _first;

    private Batch(List<Point> points, List<int> ends, ReadOnlyMemory<byte> text, int first, int count)
        : this(points, ends, text)
    {
        _first = first;
        Count = count;
    }

    public int Count { get; } = points.Count;

    public Point this[int index] => points[_first + index];

    public ReadOnlyMemory<byte> Body => text[Start(_first)..Start(_first + Count)];

    /// <summary>Returns the lines in chunks of about the given length in bytes: whole lines, without the line feed of the last one.</summary>
    public IEnumerable<string> Records(int length)
    {
        int begin = Start(_first);
        int last = _first + Count - 1;
        for (int i = _first; i <= last; i++)
        {
            if (ends[i] - begin >= length || i == last)
            {
                yield return Encoding.UTF8.GetString(text.Span[begin..(ends[i] - 1)]);
                begin = ends[i];
            }
        }
    }

    public (Batch First, Batch Second) Halves()
    {
        int half = Count / 2;
        return (new Batch(points, ends, text, _first, half), new Batch(points, ends, text, _first + half, Count - half));
    }

    private int Start(int index) => index == 0 ? 0 : ends[index - 1];
}
