namespace VmStats.Dumps.Image;

/// <summary>Combines the CRC-32s of adjoining blocks without the blocks: polynomial arithmetic over GF(2), bits reflected.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const uint One = 1u << 31;

    // x^(2^n) modulo the polynomial.
    private static readonly uint[] s_powers = MakePowers();

    /// <summary>Returns the CRC of two consecutive blocks.</summary>
    /// <param name="first">The CRC of the first block; 0 when it is empty.</param>
    /// <param name="second">The CRC of the second block.</param>
    /// <param name="secondLength">The length of the second block in bytes.</param>
    public static uint Combine(uint first, uint second, long secondLength) =>
        Multiply(PowerOfX(secondLength, 3), first) ^ second;

    // x^(n * 2^k).
    private static uint PowerOfX(long n, int k)
    {
        uint power = One;
        for (; n != 0; n >>= 1, k++)
        {
            if ((n & 1) != 0)
            {
                power = Multiply(s_powers[k & 31], power);
            }
        }

        return power;
    }

    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = One; bit != 0 && a != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
            {
                product ^= b;
                a ^= bit;
            }

            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }

        return product;
    }

    private static uint[] MakePowers()
    {
        uint[] powers = new uint[32];
        powers[0] = One >> 1;
        for (int n = 1; n < powers.Length; n++)
        {
            powers[n] = Multiply(powers[n - 1], powers[n - 1]);
        }

        return powers;
    }
}
