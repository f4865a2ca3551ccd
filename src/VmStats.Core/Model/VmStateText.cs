using System.Globalization;
using VmStats.Points;

namespace VmStats;

/// <summary>Parses a stored state: the number of virDomainState, as written by the original and this module, or text from another writer.</summary>
internal static class VmStateText
{
    /// <summary>Returns the state; null if it is absent or an unknown text. An unknown number is "no state".</summary>
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
        // A number in a text column, which another writer has created.
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return OfNumber(number);
        }

        // The names used by virsh, by libvirt's constants (VIR_DOMAIN_SHUTOFF), by Prometheus exporters and by VmState.
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
