namespace VmStats.Hypervisors.Simulated;

/// <summary>Pseudo-random values that depend only on a seed and a few numbers, so that every process creates the same fleet.</summary>
internal static class SeededHash
{
    /// <summary>Returns 64 well mixed bits for a seed and a key (SplitMix64's finaliser).</summary>
    public static ulong Bits(ulong seed, long key)
    {
        unchecked
        {
            ulong z = seed + ((ulong)key * 0x9E3779B97F4A7C15UL) + 0x632BE59BD9B4E019UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Returns a number in [0, 1).</summary>
    public static double Unit(ulong seed, long key) => (Bits(seed, key) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Returns a number in [low, high).</summary>
    public static double Between(ulong seed, long key, double low, double high) => low + ((high - low) * Unit(seed, key));
}
