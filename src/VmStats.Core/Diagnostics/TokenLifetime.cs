using System.Security.Cryptography;
using System.Text;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Json;

namespace VmStats.Diagnostics;

/// <summary>
/// Finds out when a token of InfluxDB 3 expires. The server lists its tokens to administrators, each with the first
/// nine digits of its SHA-512 hash (hexadecimal), by which a token can be identified. The token itself isn't part of
/// the query.
/// </summary>
internal static class TokenLifetime
{
    private const string Database = "_internal";
    private const int ShownDigits = 9;

    /// <summary>Queries the server for a token's name and expiry.</summary>
    /// <param name="influx">The server.</param>
    /// <param name="token">The token that the requests are authenticated with.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>Its name and its expiry (null: never); null if the server doesn't list it.</returns>
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
            // Only an administrator's token can read the list, and older servers don't have it: the connection is fine.
        }

        return null;
    }

    private static DateTimeOffset? TimeOf(FieldValue value) =>
        value.AsString() is string text && WireTime.TryParse(Encoding.UTF8.GetBytes(text), out long time) ? UnixTime.FromNanoseconds(time) : null;
}
