using VmStats.Data;

namespace VmStats.Influx;

/// <summary>Points and their lines, of which a part can be sent again without being encoded again.</summary>
/// <param name="points">The points.</param>
/// <param name="ends">Where each point's line ends in the text.</param>
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

    public (Batch First, Batch Second) Halves()
    {
        int half = Count / 2;
        return (new Batch(points, ends, text, _first, half), new Batch(points, ends, text, _first + half, Count - half));
    }

    private int Start(int index) => index == 0 ? 0 : ends[index - 1];
}
