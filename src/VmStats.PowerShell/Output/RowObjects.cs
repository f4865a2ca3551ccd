using System.Management.Automation;
using VmStats.Points;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx3;
using VmStats.Text;

namespace VmStats.PowerShell.Output;

/// <summary>Makes objects of rows whose columns are known only when they come. PowerShell tells no names apart by case: a column whose name is taken gets another, and a warning says which.</summary>
/// <param name="columns">The columns so far.</param>
/// <param name="times">Which of them are times.</param>
/// <param name="timeAsText">Times are given as texts with all nine digits, which no DateTime holds.</param>
/// <param name="warn">Shows a warning.</param>
internal sealed class RowObjects(StableColumns columns, ColumnTimes times, bool timeAsText, Action<string> warn)
{
    private readonly Dictionary<string, string> _properties = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _utcProperties = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The object of a row, with the properties of all rows so far.</summary>
    internal PSObject Of(StoreRow row)
    {
        // Without a capacity: compiled against PowerShell Standard, a number would be the object that is wrapped.
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

    // Values are never wrapped again: pre-validated members spare a lookup of each name.
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

    // A column of the time's name that is no time in this row, while other rows have one there.
    private (long? Time, object? Value) InPlaceOfTime(StoreRow row, string name) =>
        columns.IsInPlaceOfTime(name) ? times.Read(name, row[name]) : (null, null);

    // Apart from a column of the same name, which a row may have beside its time.
    private string TimeProperty(string name) => Named(name, "\0" + name);

    private string Property(string column) => Named(column, column);

    // Beside a time, which has no sign in the hour that repeats. A column of that name keeps it.
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
            warn($"The column '{SafeText.Printable(column)}' is given as '{SafeText.Printable(name)}': to PowerShell, its name is that of another column.");
        }

        return name;
    }
}
