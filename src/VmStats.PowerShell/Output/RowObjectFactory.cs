using System.Management.Automation;
using VmStats.Points;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx3;
using VmStats.Text;

namespace VmStats.PowerShell.Output;

/// <summary>
/// Creates objects from rows whose columns become known only when they arrive. Property names in PowerShell are
/// case-insensitive: a column whose name is already taken is renamed, and a warning says so.
/// </summary>
/// <param name="columns">The columns seen so far.</param>
/// <param name="times">Determines which columns are times.</param>
/// <param name="timeAsText">Whether times are returned as strings with all nine digits, which a DateTime can't hold.</param>
/// <param name="warn">Shows a warning.</param>
internal sealed class RowObjectFactory(StableColumns columns, ColumnTimes times, bool timeAsText, Action<string> warn)
{
    private readonly Dictionary<string, string> _properties = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _utcProperties = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates the object of a row, with the properties of all rows so far.</summary>
    internal PSObject Create(StoreRow row)
    {
        // No capacity is passed: PowerShell Standard has no such constructor, so a number would be taken as the object to wrap.
        PSObject item = new();
        foreach (string name in columns.TimeNames)
        {
            AddTime(item, TimeProperty(name), row.Layout.TimeName == name && row.Time is long time ? (time, null) : InPlaceOfTime(row, name));
        }

        foreach (string column in columns.Columns)
        {
            if (columns.IsInPlaceOfTime(column))
            {
                continue;
            }

            if (times.IsTime(column))
            {
                AddTime(item, Property(column), times.Read(column, row[column]));
            }
            else
            {
                Add(item, Property(column), times.Read(column, row[column]).Value);
            }
        }

        return item;
    }

    // preValidated avoids a lookup of each name.
    private static void Add(PSObject item, string name, object? value) => item.Properties.Add(new PSNoteProperty(name, value), preValidated: true);

    private void AddTime(PSObject item, string property, (long? Time, object? Value) read)
    {
        if (timeAsText)
        {
            Add(item, property, read.Time is long nanoseconds ? UnixTime.ToText(nanoseconds) : read.Value);
            return;
        }

        DateTime? utc = read.Time is long time ? UnixTime.FromNanoseconds(time).UtcDateTime : null;
        Add(item, property, utc is null ? read.Value : utc.Value.ToLocalTime());
        Add(item, UtcProperty(property), utc);
    }

    // The value of a column that has the name of the time column, but isn't the time in this row, while it is in other rows.
    private (long? Time, object? Value) InPlaceOfTime(StoreRow row, string name) =>
        columns.IsInPlaceOfTime(name) ? times.Read(name, row[name]) : (null, null);

    // The key differs from that of a column of the same name, which a row may have in addition to its time.
    private string TimeProperty(string name) => Named(name, "\0" + name);

    private string Property(string column) => Named(column, column);

    // The property with the UTC time, since local time is ambiguous in the hour that repeats when daylight saving ends. If a
    // column has this name already, another one is used.
    private string UtcProperty(string property)
    {
        if (!_utcProperties.TryGetValue(property, out string? name))
        {
            name = UniqueName.Of(property + "Utc", new HashSet<string>([.. _taken, .. columns.Columns], StringComparer.OrdinalIgnoreCase));
            _taken.Add(name);
            _utcProperties.Add(property, name);
        }

        return name;
    }

    private string Named(string column, string key)
    {
        if (_properties.TryGetValue(key, out string? known))
        {
            return known;
        }

        string name = UniqueName.Of(column.Length == 0 ? "Column" : column, _taken);
        _taken.Add(name);
        _properties.Add(key, name);
        if (name != column)
        {
            warn($"The column '{SafeText.Printable(column)}' is renamed to '{SafeText.Printable(name)}', since another column has the same name (ignoring case).");
        }

        return name;
    }
}
