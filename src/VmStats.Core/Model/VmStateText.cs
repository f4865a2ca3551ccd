using System.Globalization;
using VmStats.Points;

namespace VmStats;

/// <summary>Reads a stored state: virDomainState's number, as the original and this module write it, or the text of another writer.</summary>
internal static class VmStateText
{
    /// <summary>The state; null where nothing is stored, or a text that names none. A number that none has is "no state".</summary>
    public static VmState? Read(FieldValue value)
    {
        if (value.AsInt64() is long number)
        {
            return OfNumber(number);
        }

        return value.AsString() is { } text ? OfText(text.AsSpan().Trim()) : null;
    }

    private static VmState OfNumber(long number) => number is >= 0 and <= (long)VmState.PMSuspended ? (VmState)number : VmState.NoState;

    private static VmState? OfText(ReadOnlySpan<char> text)
    {
        // A number in a column of texts: the column was another writer's first.
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return OfNumber(number);
        }

        // The names of virsh, of libvirt's constants (VIR_DOMAIN_SHUTOFF), of Prometheus exporters and of our own enumeration.
        Span<char> letters = stackalloc char[24];
        int length = 0;
        foreach (char c in text)
        {
            if (char.IsAsciiLetter(c))
            {
                if (length == letters.Length)
                {
                    return null;
                }

                letters[length++] = char.ToLowerInvariant(c);
            }
        }

        ReadOnlySpan<char> word = letters[..length];
        word = word.StartsWith("virdomain") ? word["virdomain".Length..] : word;
        return word switch
        {
            "nostate" or "unknown" => VmState.NoState,
            "running" => VmState.Running,
            "blocked" or "idle" => VmState.Blocked,
            "paused" => VmState.Paused,
            "shutdown" or "inshutdown" or "shuttingdown" => VmState.ShuttingDown,
            "shutoff" or "off" => VmState.ShutOff,
            "crashed" => VmState.Crashed,
            "pmsuspended" or "suspended" => VmState.PMSuspended,
            _ => null,
        };
    }
}
