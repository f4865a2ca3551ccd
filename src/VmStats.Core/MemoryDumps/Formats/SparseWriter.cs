using Microsoft.Win32.SafeHandles;

namespace VmStats.MemoryDumps;

/// <summary>Writes to places in a file and leaves holes where there is nothing but zeros.</summary>
internal static class SparseWriter
{
    private const int Grain = 64 * 1024;

    /// <summary>Writes what isn't zero. The caller sets the file's length, which makes the holes at its end.</summary>
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

    /// <summary>True when there is nothing but zeros.</summary>
    public static bool IsZero(ReadOnlySpan<byte> data) => data.IndexOfAnyExcept((byte)0) < 0;

    // As many grains of one kind as follow each other, so that data is written in long pieces.
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
