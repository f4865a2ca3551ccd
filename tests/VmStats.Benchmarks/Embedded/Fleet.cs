using VmStats.Points;

namespace VmStats.Benchmarks.Embedded;

/// <summary>Points of vm_totals as a collector writes them: 1,000 VMs, 27 whole-number fields, every 20 s.</summary>
internal sealed class Fleet
{
    public const int Vms = 1_000;
    public const int Batch = 2_000;
    public const long Interval = 20 * UnixTime.NanosecondsPerSecond;
    public const long Start = 1_767_225_600 * UnixTime.NanosecondsPerSecond;

    public static readonly PointShape Shape = new(
        "vm_totals", ["VMID", "name", "uuid"], Enumerable.Range(0, 27).Select(i => $"field{i:D2}").ToArray());

    private readonly string?[][] _tags =
        Enumerable.Range(0, Vms).Select(i => new string?[] { $"{i + 1}", $"vm-{i:D4}", Uuid(i) }).ToArray();

    private long _next;

    /// <summary>Points made so far.</summary>
    public long Count => _next;

    /// <summary>The time of the newest point.</summary>
    public long Newest => Start + ((_next - 1) / Vms * Interval);

    public static string Uuid(int vm) => $"6f1c0000-0000-4000-8000-{vm:D12}";

    /// <summary>The next points in the order of time.</summary>
    public Point[] Next()
    {
        Point[] points = new Point[Batch];
        for (int i = 0; i < Batch; i++, _next++)
        {
            FieldValue[] fields = new FieldValue[Shape.Fields.Count];
            for (int field = 0; field < fields.Length; field++)
            {
                fields[field] = FieldValue.From(_next * (field + 1));
            }

            points[i] = new Point(Shape, Start + (_next / Vms * Interval), _tags[_next % Vms], fields);
        }

        return points;
    }
}
