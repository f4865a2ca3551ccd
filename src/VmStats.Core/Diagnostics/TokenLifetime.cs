using System.Security.Cryptography;
using System.Text;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;

namespace VmStats.Diagnostics;

/// <summary>
/// When a token of InfluxDB 3 expires. The server lists its tokens to those who may see them all, each with the first
/// nine digits of its SHA-512 (hexadecimal), by which one's own is found. The token itself isn't sent in the query.
/// </summary>
internal static class TokenLifetime
{
    private const string Database = "_internal";
    private const int ShownDigits = 9;

    /// <summary>What the server tells of a token.</summary>
    /// <param name="influx">The server.</param>
    /// <param name="token">The token that is sent to it.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>Its name and when it expires (null: never); null when the server doesn't tell.</returns>
    public static async ValueTask<(string Name, DateTimeOffset? Expires)?> FindAsync(
        InfluxQuery influx, Secret token, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexString(SHA512.HashData(Encoding.UTF8.GetBytes(token.Reveal()))).ToLowerInvariant();
        Dictionary<string, FieldValue> parameters = new() { ["hash"] = FieldValue.From(hash[..ShownDigits]) };
        try
        {
            await foreach (StoreRow row in influx.QuerySqlAsync(
                "SELECT name, expiry FROM system.tokens WHERE hash = $hash", parameters, new RowBuilder(), cancellationToken, Database).ConfigureAwait(false))
            {
                return (row["name"].ToString(), TimeOf(row["expiry"]));
            }
        }
        catch (InfluxException)
        {
            // Only a token that may administer sees the list, and older servers have none: nothing is wrong with the connection.
        }

        return null;
    }

    private static DateTimeOffset? TimeOf(FieldValue value) =>
        value.AsString() is string text && WireTime.TryParse(Encoding.UTF8.GetBytes(text), out long time) ? UnixTime.FromNanoseconds(time) : null;
}
