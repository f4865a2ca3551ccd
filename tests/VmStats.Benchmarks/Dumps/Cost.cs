using System.Globalization;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Benchmarks.Dumps;

/// <summary>What a process and its children cost.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="PeakMiB">Largest resident set of one process.</param>
internal readonly record struct Cost(double Seconds, double CpuSeconds, double PeakMiB)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    // One measure for all: what wait4 says of the child.
    private const string Measure = """
        import resource, subprocess, sys, time
        start = time.monotonic()
        subprocess.run(sys.argv[1:], check=True)
        wall = time.monotonic() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        """;

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Cost> OfAsync(params string[] command)
    {
        string[] figures = (await Tool.RunAsync("python3", ["-c", Measure, .. command], s_limit)).Trim().Split('\n')[^1].Split(' ');
        return new Cost(Number(figures[0]), Number(figures[1]), Number(figures[2]));
    }

    /// <summary>The fastest of some runs, with the greatest peak.</summary>
    public static async Task<Cost> BestOfAsync(int runs, Func<Task<Cost>> run)
    {
        Cost best = new(double.MaxValue, 0, 0);
        double peak = 0;
        for (int i = 0; i < runs; i++)
        {
            Cost one = await run();
            best = one.Seconds < best.Seconds ? one : best;
            peak = Math.Max(peak, one.PeakMiB);
        }

        return best with { PeakMiB = peak };
    }

    /// <summary>Prints a line of figures.</summary>
    public void Print(string what, long rawBytes, long storedBytes, double baseline)
    {
        double rate = rawBytes / 1e6 / Seconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{what,-44} {rate,8:F0} MB/s {(baseline > 0 ? rate / baseline : 1),6:F1}x {CpuSeconds / (rawBytes / 1073741824.0),7:F2} CPU s/GiB {PeakMiB,7:F0} MiB {100.0 * storedBytes / rawBytes,6:F1} %"));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
