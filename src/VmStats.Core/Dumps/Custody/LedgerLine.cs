using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace VmStats.Dumps.Custody;

/// <summary>
/// A ledger line: <c>{"entry":{...},"hash":"..."}</c>. The hash is computed over the entry's exact bytes in the line,
/// so that reformatting the same JSON changes it.
/// </summary>
/// <param name="Entry">The entry.</param>
/// <param name="Hash">The entry's hash as written in the line.</param>
/// <param name="IsHashRight">False if the hash doesn't match the entry's bytes.</param>
internal sealed record LedgerLine(LedgerEntry Entry, string Hash, bool IsHashRight)
{
    private const int HashLength = 64;
    private static readonly byte[] s_start = Encoding.UTF8.GetBytes("{\"entry\":");
    private static readonly byte[] s_middle = Encoding.UTF8.GetBytes(",\"hash\":\"");
    private static readonly byte[] s_end = Encoding.UTF8.GetBytes("\"}");

    private static int TailLength => s_middle.Length + HashLength + s_end.Length;

    /// <summary>Returns the line for an entry, without a newline.</summary>
    public static byte[] Write(LedgerEntry entry, out string hash)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(entry, CustodyJson.Default.LedgerEntry);
        hash = HashOf(json);
        return [.. s_start, .. json, .. s_middle, .. Encoding.ASCII.GetBytes(hash), .. s_end];
    }

    /// <summary>Parses a line.</summary>
    /// <returns>Null if it isn't a well-formed ledger line.</returns>
    public static LedgerLine? TryRead(ReadOnlySpan<byte> line)
    {
        if (line.Length < s_start.Length + TailLength || !line.StartsWith(s_start) || !line.EndsWith(s_end))
        {
            return null;
        }

        ReadOnlySpan<byte> tail = line[^TailLength..];
        ReadOnlySpan<byte> json = line[s_start.Length..^TailLength];
        if (!tail.StartsWith(s_middle))
        {
            return null;
        }

        try
        {
            string hash = Encoding.ASCII.GetString(tail.Slice(s_middle.Length, HashLength));
            LedgerEntry? entry = JsonSerializer.Deserialize(json, CustodyJson.Default.LedgerEntry);
            return entry is null ? null : new LedgerLine(entry, hash, hash == HashOf(json));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant();
}
