using System.Diagnostics;

namespace VmStats.Benchmarks;

/// <summary>Time, time of the processors, and allocations of a piece of work.</summary>
internal readonly record struct Measurement(TimeSpan Time, long Allocated, long Rows, TimeSpan Processor)
{
    /// <summary>Rows a second.</summary>
    public double Rate => Rows / Time.TotalSeconds;

    /// <summary>Runs work a few times, once to warm up, and keeps the fastest run.</summary>
    public static async Task<Measurement> BestAsync(int runs, Func<Task<long>> work)
    {
        await work();
        Measurement best = new(TimeSpan.MaxValue, 0, 0, default);
        for (int i = 0; i < runs; i++)
        {
            Measurement run = await OnceAsync(work);
            best = run.Time < best.Time ? run : best;
        }

        return best;
    }

    /// <summary>Runs several works in turn, after a run each to warm up, and keeps the fastest run of each.</summary>
    public static async Task<Measurement[]> BestInTurnAsync(int runs, IReadOnlyList<Func<Task<long>>> works)
    {
        Measurement[] best = new Measurement[works.Count];
        for (int run = 0; run <= runs; run++)
        {
            for (int i = 0; i < works.Count; i++)
            {
                Measurement measured = await OnceAsync(works[i]);
                best[i] = run <= 1 || measured.Time < best[i].Time ? measured : best[i];
            }
        }

        return best;
    }

    /// <summary>Runs work once; it says how many rows it dealt with.</summary>
    public static async Task<Measurement> OnceAsync(Func<Task<long>> work)
    {
        GC.Collect();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        long rows = await work();
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return new Measurement(time, GC.GetTotalAllocatedBytes(precise: true) - before, rows, Environment.CpuUsage.TotalTime - processor);
    }

    /// <summary>Prints a line of figures.</summary>
    public void Print(string what) => Console.WriteLine(
        FormattableString.Invariant(
            $"{what,-58} {Time.TotalMilliseconds,10:F1} ms {Processor.TotalMilliseconds,10:F1} ms CPU {Rows,10:N0} rows {Rate,12:N0} rows/s {(double)Allocated / Math.Max(1, Rows),8:F0} B/row"));
}
