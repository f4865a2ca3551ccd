namespace VmStats.Errors;

/// <content>Connection and configuration</content>
internal static partial class ErrorIds
{
    /// <summary>Use http://host:8181, https://host, file:///path/telemetry.db, or Connect-VmStats -Path.</summary>
    public const string InvalidUrl = nameof(InvalidUrl);

    /// <summary>A token or a database is named, but no server: set INFLUX_URL, or remove them for the embedded store.</summary>
    public const string UrlMissing = nameof(UrlMissing);

    /// <summary>Set INFLUX_DB, or use Connect-VmStats -Database.</summary>
    public const string DatabaseMissing = nameof(DatabaseMissing);

    /// <summary>Give -Token or -Credential, not both.</summary>
    public const string AuthenticationAmbiguous = nameof(AuthenticationAmbiguous);

    /// <summary>Create another with Connect-VmStats -PassThru; one made without -PassThru is closed by the next Connect-VmStats.</summary>
    public const string ConnectionClosed = nameof(ConnectionClosed);

    /// <summary>Name the file by its full path, or change to a folder first.</summary>
    public const string PathNotOfFile = nameof(PathNotOfFile);

    /// <summary>Correct the variable; the message names it and the allowed values.</summary>
    public const string InvalidEnvironmentVariable = nameof(InvalidEnvironmentVariable);

    /// <summary>Copy the token again, without blanks and line ends; it must not be empty.</summary>
    public const string TokenMalformed = nameof(TokenMalformed);

    /// <summary>Use https; -AllowUnencrypted or INFLUX_ALLOW_UNENCRYPTED=1 permits sending it unencrypted.</summary>
    public const string TokenOverHttpRefused = nameof(TokenOverHttpRefused);

    /// <summary>Name a readable PEM or DER file (-CertificateAuthority, INFLUX_CA_FILE).</summary>
    public const string CertificateAuthorityUnreadable = nameof(CertificateAuthorityUnreadable);

    /// <summary>Name a PEM file with at least one CERTIFICATE block, or a DER file.</summary>
    public const string CertificateAuthorityEmpty = nameof(CertificateAuthorityEmpty);

    /// <summary>Name the retention policy once: in the database (db/rp), or separately (-RetentionPolicy, INFLUX_RETENTION_POLICY).</summary>
    public const string RetentionPolicyAmbiguous = nameof(RetentionPolicyAmbiguous);

    /// <summary>Set INFLUX_ORG to one of the organisations of InfluxDB 2.x that the message lists.</summary>
    public const string OrganizationNotNamed = nameof(OrganizationNotNamed);

    /// <summary>Initialize-VmStatsDatabase makes the database (bucket, mapping, retention policy); or check its name. InfluxDB 3 makes a database with the first write.</summary>
    public const string WriteTargetMissing = nameof(WriteTargetMissing);

    /// <summary>Name a PFX or PEM file (-ClientCertificate, INFLUX_CLIENT_CERT); an encrypted one needs -ClientCertificatePassword.</summary>
    public const string ClientCertificateUnreadable = nameof(ClientCertificateUnreadable);

    /// <summary>Name a file with certificate and private key, or the key by INFLUX_CLIENT_KEY.</summary>
    public const string ClientCertificateWithoutKey = nameof(ClientCertificateWithoutKey);

    /// <summary>Name the file that -ClientCertificatePassword opens: -ClientCertificate or INFLUX_CLIENT_CERT.</summary>
    public const string ClientCertificateFileMissing = nameof(ClientCertificateFileMissing);

    /// <summary>Make the bucket (and on InfluxDB 2.x its mapping) or the database with the server's own tools.</summary>
    public const string InitializationNotSupported = nameof(InitializationNotSupported);

    /// <summary>Install the module again, including its lib folder.</summary>
    public const string InfrastructureMissing = nameof(InfrastructureMissing);
}
