using Microsoft.Win32.SafeHandles;

namespace VmStats.Dumps.Image;

/// <summary>Writes blocks to a file and leaves holes where they hold only zeros.</summary>
internal static class SparseWriter
{
    private const int Grain = 64 * 1024;

    /// <summary>Writes the parts that aren't zero. The caller sets the file's length, which creates the hole at its end.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset)
    {
        while (data.Length > 0)
        {
            int run = RunOf(data, out bool isZero);
            if (!isZero)
            {
                RandomAccess.Write(file, data[..run], offset);
            }

            data = data[run..];
            offset += run;
        }
    }

    /// <summary>True when the data holds only zeros.</summary>
    public static bool IsZero(ReadOnlySpan<byte> data) => data.IndexOfAnyExcept((byte)0) < 0;

    // Returns the length of the run of grains of the same kind, so that data is written in large chunks.
    private static int RunOf(ReadOnlySpan<byte> data, out bool isZero)
    {
        int run = Math.Min(Grain, data.Length);
        isZero = IsZero(data[..run]);
        while (run < data.Length)
        {
            int next = Math.Min(Grain, data.Length - run);
            if (IsZero(data.Slice(run, next)) != isZero)
            {
                break;
            }

            run += next;
        }

        return run;
    }
}
