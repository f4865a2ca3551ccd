using System.Runtime.InteropServices;

namespace VmStats.Telemetry.Rollups;

/// <summary>
/// Computes percentiles of any number of values in bounded memory: exactly up to <see cref="MaximumExactValues"/> values, then from
/// a histogram of logarithmic bins, with a relative error of at most <see cref="RelativeError"/>
/// (DDSketch: Masson, Rim and Lee, VLDB 2019). Values must be zero or positive, as all metrics are.
/// </summary>
internal sealed class ValueSketch
{
    /// <summary>Maximum number of values that are all kept (32 KiB).</summary>
    public const int MaximumExactValues = 4096;

    /// <summary>The maximum relative error of a percentile of more values.</summary>
    public const double RelativeError = 0.005;

    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private static readonly double s_logGamma = Math.Log(Gamma);

    private List<double>? _exact = [];
    private Dictionary<int, long>? _bins;
    private long _zeros;
    private bool _isSorted;

    /// <summary>Number of values.</summary>
    public long Count { get; private set; }

    /// <summary>The minimum; NaN when there is none.</summary>
    public double Minimum { get; private set; } = double.NaN;

    /// <summary>The maximum; NaN when there is none.</summary>
    public double Maximum { get; private set; } = double.NaN;

    /// <summary>True when percentiles are exact.</summary>
    public bool IsExact => _exact is not null;

    /// <summary>Adds a value; NaN, infinity and negative numbers are ignored.</summary>
    public void Add(double value)
    {
        if (!(value >= 0) || double.IsPositiveInfinity(value))
        {
            return;
        }

        Count++;
        Minimum = Minimum <= value ? Minimum : value;
        Maximum = Maximum >= value ? Maximum : value;
        if (_exact is not null)
        {
            _isSorted = false;
            _exact.Add(value);
            if (_exact.Count > MaximumExactValues)
            {
                Spill(_exact);
            }
        }
        else
        {
            AddToBin(value);
        }
    }

    /// <summary>Returns a percentile by nearest rank; NaN when there are no values.</summary>
    public double Percentile(int percent)
    {
        if (Count == 0)
        {
            return double.NaN;
        }

        long rank = VmStats.Telemetry.Rollups.Percentile.Rank(percent, Count);
        if (_exact is not null)
        {
            if (!_isSorted)
            {
                _exact.Sort();
                _isSorted = true;
            }

            return _exact[(int)rank];
        }

        return Math.Clamp(FromBins(rank), Minimum, Maximum);
    }

    private double FromBins(long rank)
    {
        long passed = _zeros;
        if (rank < passed)
        {
            return 0;
        }

        foreach ((int bin, long count) in _bins!.OrderBy(bin => bin.Key))
        {
            passed += count;
            if (rank < passed)
            {
                return 2 * Math.Pow(Gamma, bin) / (Gamma + 1);
            }
        }

        return Maximum;
    }

    private void Spill(List<double> exact)
    {
        _exact = null;
        _bins = [];
        exact.ForEach(AddToBin);
    }

    private void AddToBin(double value)
    {
        if (value < double.Epsilon / RelativeError)
        {
            _zeros++;
            return;
        }

        int bin = (int)Math.Ceiling(Math.Log(value) / s_logGamma);
        CollectionsMarshal.GetValueRefOrAddDefault(_bins!, bin, out _)++;
    }
}
