namespace VmStats.Errors;

/// <content>InfluxDB: authentication and permissions</content>
internal static partial class ErrorIds
{
    /// <summary>Check the token for blanks, line ends and other characters that don't belong to it.</summary>
    public const string InfluxAuthorizationMalformed = nameof(InfluxAuthorizationMalformed);

    /// <summary>This server requires a user name and password: Connect-VmStats -Credential, or user:password in the URL.</summary>
    public const string InfluxCredentialsMissing = nameof(InfluxCredentialsMissing);

    /// <summary>Check the user name and password (Connect-VmStats -Credential, or those in the URL).</summary>
    public const string InfluxCredentialsRefused = nameof(InfluxCredentialsRefused);

    /// <summary>InfluxDB 1.x accepts a token only if it is configured with a shared secret: use -Credential.</summary>
    public const string InfluxBearerNotEnabled = nameof(InfluxBearerNotEnabled);

    /// <summary>Check the token, and that it has not expired or been deleted on the server.</summary>
    public const string InfluxNotAuthenticated = nameof(InfluxNotAuthenticated);

    /// <summary>Use a token or user that has this right, or have the server's administrator grant it.</summary>
    public const string InfluxTokenLacksPermission = nameof(InfluxTokenLacksPermission);

    /// <summary>Create the first user on the server: CREATE USER name WITH PASSWORD '...' WITH ALL PRIVILEGES.</summary>
    public const string InfluxNoAdminUser = nameof(InfluxNoAdminUser);

    /// <summary>Use a token or user that has this right, or have the server's administrator grant it.</summary>
    public const string InfluxUserLacksWriteAccess = nameof(InfluxUserLacksWriteAccess);

    /// <summary>Use a token or user that has this right, or have the server's administrator grant it.</summary>
    public const string InfluxUserLacksReadAccess = nameof(InfluxUserLacksReadAccess);

    /// <summary>Use a token or user that has this right, or have the server's administrator grant it.</summary>
    public const string InfluxForbidden = nameof(InfluxForbidden);

    /// <summary>The server runs without authentication, so it has no tokens: omit the token.</summary>
    public const string InfluxStartedWithoutAuthentication = nameof(InfluxStartedWithoutAuthentication);
}
