using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace VmStats.Dumps.Custody;

/// <summary>
/// A ledger line: <c>{"entry":{...},"hash":"..."}</c>. The hash is taken over the entry's bytes as they stand in the line,
/// so that no second way to write the same JSON exists.
/// </summary>
/// <param name="Entry">What it says.</param>
/// <param name="Hash">Its hash, as it stands there.</param>
/// <param name="IsHashRight">False when the entry's bytes have another hash.</param>
internal sealed record LedgerLine(LedgerEntry Entry, string Hash, bool IsHashRight)
{
    private const int HashLength = 64;
    private static readonly byte[] s_start = Encoding.UTF8.GetBytes("{\"entry\":");
    private static readonly byte[] s_middle = Encoding.UTF8.GetBytes(",\"hash\":\"");
    private static readonly byte[] s_end = Encoding.UTF8.GetBytes("\"}");

    private static int TailLength => s_middle.Length + HashLength + s_end.Length;

    /// <summary>The line for an entry, without its newline.</summary>
    public static byte[] Write(LedgerEntry entry, out string hash)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(entry, CustodyJson.Default.LedgerEntry);
        hash = HashOf(json);
        return [.. s_start, .. json, .. s_middle, .. Encoding.ASCII.GetBytes(hash), .. s_end];
    }

    /// <summary>Reads a line.</summary>
    /// <returns>Null when it doesn't have the form of one.</returns>
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
