using System.Globalization;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry.Series;
using VmStats.Text;

namespace VmStats.Diagnostics;

/// <summary>Looks for samples that are ahead of this machine's clock, and names the VMs and the hosts that wrote them.</summary>
internal sealed class ClockChecker(ITelemetryStore store, TimeProvider clock)
{
    private const int VmsToName = 10;

    /// <summary>Reports the samples that are ahead, and by how much.</summary>
    public async Task<Finding> CheckAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = clock.GetUtcNow();
        MeasurementSchema? schema = await store.GetSchemaAsync(Measurements.VmTotals, cancellationToken).ConfigureAwait(false);
        StoreQuery ahead = new(Measurements.VmTotals)
        {
            Start = ClockSkew.LastTime(clock) + 1,
            Latest = new LatestPerGroup(TagVocabulary.Of(schema).IdentityColumns, 1),
            Columns = [.. TagVocabulary.DescriptiveColumns, VmMetrics.Cpus.Field],
        };
        List<(TimeSpan By, string Writer)> found = [];
        await foreach (StoreRow row in store.QueryAsync(ahead, cancellationToken).ConfigureAwait(false))
        {
            TelemetryColumns place = TelemetryColumns.Of(VmMetrics.Set, row.Layout);
            string? host = row[place.HostName].ToText();
            string writer = $"{place.Name(row) ?? place.Uuid(row)} {(host is null ? "(no host recorded)" : $"on {host}")}";
            found.Add((UnixTime.FromNanoseconds(row.Time ?? 0) - now, SafeText.Printable(writer)));
        }

        if (found.Count == 0)
        {
            return Finding.Passed($"No sample is ahead of this machine's clock, {now:u}, by more than a minute.");
        }

        IEnumerable<string> named = found.OrderByDescending(one => one.By).Take(VmsToName).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Writer} by {Text(one.By)}"));
        string more = found.Count > VmsToName ? $", and {found.Count - VmsToName} more" : "";
        return Finding.Warning(
            $"Samples are ahead of this machine's clock, {now:u}: {string.Join(", ", named)}{more}.",
            "Set the clock of the host that wrote them (check it with chronyc tracking and timedatectl), or this machine's clock if that is behind. "
            + "Until then the newest sample that isn't ahead is shown as the latest. Where there is no such sample, one that is ahead is shown, with the quality Ahead.");
    }

    private static string Text(TimeSpan by) => by.ToString(by.Days > 0 ? @"d\.hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
}
