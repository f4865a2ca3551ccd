using System.Diagnostics;
using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Http;
using VmStats.Telemetry.Series;

namespace VmStats.Diagnostics;

/// <summary>
/// Checks the links from this process to fresh data one after the other, and reports the first broken one with its
/// remedy. The original's check requested /ping without the token and reported a healthy server as broken.
/// </summary>
internal sealed class ConnectionChecker(ConnectionOptions options, ITelemetryStore store, TimeProvider clock)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    private const int ColumnLimit = 500;
    private const int ManyColumns = ColumnLimit * 9 / 10;
    private bool _mayOnlyWrite;

    private delegate Task<Finding> Check(CancellationToken cancellationToken);

    /// <summary>Yields the links in order, each as soon as it is checked. After a broken link the others are skipped.</summary>
    public async IAsyncEnumerable<VmStatsConnectionCheck> CheckAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool broken = false;
        foreach ((string link, Check check) in Links())
        {
            if (broken)
            {
                yield return new() { Link = link, Result = VmStatsConnectionCheckResult.Skipped, Detail = "A link before it is broken." };
                continue;
            }

            VmStatsConnectionCheck result = await RunAsync(link, check, cancellationToken).ConfigureAwait(false);
            broken = result.Result == VmStatsConnectionCheckResult.Failed;
            yield return result;
        }
    }

    private IEnumerable<(string Link, Check Check)> Links()
    {
        if (options.Url is { IsFile: false } url)
        {
            NetworkProbe network = new(url, options);
            ProxyInUse? proxy = ProxyInUse.For(options);
            if (proxy is not null)
            {
                yield return ("Proxy", token => NetworkProbe.ReachAsync(proxy, options, token));
            }

            yield return ("Name resolution", proxy is null ? network.ResolveAsync : LeftToProxyAsync);
            yield return ("TCP", proxy is null ? network.ConnectAsync : LeftToProxyAsync);
            yield return ("TLS", proxy is null ? network.AuthenticateAsync : LeftToProxyAsync);
        }

        yield return ("Server", ServerAsync);
        yield return ("Authentication", AuthenticationAsync);
        yield return ("Database", WhereReadable(DatabaseAsync));
        yield return ("Schema", WhereReadable(SchemaAsync));
        yield return ("Freshness", WhereReadable(FreshnessAsync));
        yield return ("Clock", WhereReadable(new ClockChecker(store, clock).CheckAsync));
        if (store is InfluxStore { Influx3: { } influx3 })
        {
            yield return ("Caches", WhereReadable(new CacheChecker(influx3, clock).CheckAsync));
        }
    }

    // A user with write access only gets a single warning about that.
    private Check WhereReadable(Check check) =>
        token => _mayOnlyWrite ? Task.FromResult(Finding.Skipped("The credentials don't permit reading.")) : check(token);

    // A client behind a proxy may be unable to resolve the server's name or reach its port; TLS errors show up in the Server link.
    private static Task<Finding> LeftToProxyAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Finding.Skipped("The proxy connects to the server; the link Server shows whether that works."));

    private static async Task<VmStatsConnectionCheck> RunAsync(string link, Check check, CancellationToken cancellationToken)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Finding finding;
        try
        {
            finding = await check(cancellationToken).ConfigureAwait(false);
        }
        catch (VmStatsException e)
        {
            finding = new(VmStatsConnectionCheckResult.Failed, e.Message, e.Recommendation);
        }

        return new VmStatsConnectionCheck
        {
            Link = link,
            Result = finding.Result,
            Detail = finding.Detail,
            Remedy = finding.Remedy,
            Duration = finding.Result == VmStatsConnectionCheckResult.Skipped ? null : watch.Elapsed,
        };
    }

    // The request includes the token; if it refuses the token, that still proves that it is there.
    private async Task<Finding> ServerAsync(CancellationToken cancellationToken)
    {
        try
        {
            StoreInfo info = await store.ProbeAsync(cancellationToken).ConfigureAwait(false);
            return Finding.Passed($"{info.Product ?? info.Kind.ToString()} {info.Version}".TrimEnd());
        }
        catch (VmStatsException e) when (IsAboutCredentials(e))
        {
            return Finding.Passed("It answers, and requires authentication.");
        }
    }

    private async Task<Finding> AuthenticationAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.GetSchemaAsync(Measurements.VmTotals, cancellationToken).ConfigureAwait(false);
        }
        catch (VmStatsException e) when (e.ErrorId is ErrorIds.InfluxUserLacksReadAccess or ErrorIds.InfluxTokenLacksPermission)
        {
            _mayOnlyWrite = true;
            return Finding.Warning(e.Message, "To read, use a token or user with read access. Collectors and dumps need only write access, which can't be tested without writing.");
        }
        catch (VmStatsException e) when (!IsAboutCredentials(e))
        {
            // Any other error is reported by the next link: the credentials were accepted.
        }

        return options switch
        {
            { Token: Secret token } => await TokenAsync(token, cancellationToken).ConfigureAwait(false),
            { UserName: string user } => Finding.Passed($"The user {user} is accepted."),
            _ => Finding.Passed("None is needed."),
        };
    }

    private async Task<Finding> TokenAsync(Secret token, CancellationToken cancellationToken)
    {
        string accepted = $"The token from {token.Source} is accepted";
        if (store is not InfluxStore { Influx3: not null } influx
            || await TokenLifetime.FindAsync(influx.Influx, token, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return Finding.Passed(store.Info.Kind == StoreKind.InfluxDB1
                ? $"The token from {token.Source} is not refused; an InfluxDB 1.x without authentication accepts any token."
                : accepted + ".");
        }

        if (found.Expires is not DateTimeOffset expires)
        {
            return Finding.Passed($"{accepted}. It is called {found.Name} and does not expire.");
        }

        string detail = $"{accepted}. It is called {found.Name} and expires at {expires:u}.";
        return expires - clock.GetUtcNow() > s_soon
            ? Finding.Passed(detail)
            : Finding.Warning(detail, "Create another one before then (influxdb3 create token) and distribute it to the users of this one.");
    }

    private async Task<Finding> DatabaseAsync(CancellationToken cancellationToken)
    {
        await store.GetSchemaAsync(Measurements.VmTotals, cancellationToken).ConfigureAwait(false);
        return Finding.Passed(store.Info.Database);
    }

    private async Task<Finding> SchemaAsync(CancellationToken cancellationToken)
    {
        MeasurementSchema? schema = await store.GetSchemaAsync(Measurements.VmTotals, cancellationToken).ConfigureAwait(false);
        if (schema is not null && store.Info.Kind == StoreKind.InfluxDB3 && schema.Tags.Count + schema.Fields.Count is >= ManyColumns and int columns)
        {
            return Finding.Warning(
                $"{schema.Measurement} has {columns} columns, and InfluxDB 3 allows {ColumnLimit} per table by default: fields beyond the limit are left out of the points.",
                "Find out which client writes so many fields to it (SHOW COLUMNS), and let it use a separate table; a server can be started with another limit.");
        }

        return schema is null
            ? Finding.Warning(
                $"There is no {Measurements.VmTotals} yet.",
                "Start-VmTelemetryCollector writes it; a wrong database name would look the same.")
            : Finding.Passed($"{schema.Measurement}: tags {string.Join(", ", schema.Tags)}; {schema.Fields.Count} fields.");
    }

    private async Task<Finding> FreshnessAsync(CancellationToken cancellationToken)
    {
        long now = UnixTime.ToNanoseconds(clock.GetUtcNow());
        StoreQuery newest = new(Measurements.VmTotals)
        {
            Columns = [VmMetrics.Cpus.Field, TagVocabulary.StateColumn],
            Start = now - UnixTime.ToNanoseconds(TimeSpan.FromHours(24)),
            Finish = ClockSkew.LastTime(clock) + 1,
            Descending = true,
            Limit = 1,
        };
        await foreach (StoreRow row in store.QueryAsync(newest, cancellationToken).ConfigureAwait(false))
        {
            DateTimeOffset time = UnixTime.FromNanoseconds(row.Time ?? 0);
            TimeSpan age = clock.GetUtcNow() - time;
            return age <= s_fresh
                ? Finding.Passed($"The newest sample is of {time:u}.")
                : Finding.Warning($"The newest sample is of {time:u}, {age:d\\.hh\\:mm\\:ss} ago.", "Check whether a collector is running: Get-VmTelemetryCollector.");
        }

        if (store is InfluxStore { InfluxQL: { } influx } && await influx.Policies.ExplainAsync(Measurements.VmTotals, cancellationToken).ConfigureAwait(false) is { } empty)
        {
            return Finding.Warning(empty.Reason, empty.Remedy);
        }

        return Finding.Warning("There is no sample of the last 24 hours.", "Check whether a collector is running: Get-VmTelemetryCollector.");
    }

    private static bool IsAboutCredentials(VmStatsException e) =>
        e.Kind is VmStatsErrorKind.Authentication or VmStatsErrorKind.PermissionDenied;
}

/// <summary>The finding of a check.</summary>
internal sealed record Finding(VmStatsConnectionCheckResult Result, string Detail, string? Remedy = null)
{
    internal static Finding Passed(string detail) => new(VmStatsConnectionCheckResult.Passed, detail);

    internal static Finding Warning(string detail, string remedy) => new(VmStatsConnectionCheckResult.Warning, detail, remedy);

    internal static Finding Failed(string detail, string remedy) => new(VmStatsConnectionCheckResult.Failed, detail, remedy);

    internal static Finding Skipped(string detail) => new(VmStatsConnectionCheckResult.Skipped, detail);
}
