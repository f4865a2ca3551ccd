using System.Text;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Builds an SQL statement: its text and, separately, the values of its parameters.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new();
    private readonly List<FieldValue> _parameters = [];

    /// <summary>The SQL text.</summary>
    public string Text => _text.ToString();

    /// <summary>The values of its parameters, in order.</summary>
    public IReadOnlyList<FieldValue> Parameters => _parameters;

    /// <summary>Appends SQL text; the caller must quote identifiers in it.</summary>
    public SqlText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Appends a parameter with its value.</summary>
    public SqlText Add(in FieldValue value)
    {
        _text.Append('?');
        _parameters.Add(value);
        return this;
    }

    /// <summary>Appends parts with a separator between them.</summary>
    public SqlText Join<T>(string separator, IEnumerable<T> parts, Action<T> add)
    {
        bool first = true;
        foreach (T part in parts)
        {
            if (!first)
            {
                Add(separator);
            }

            first = false;
            add(part);
        }

        return this;
    }

    /// <summary>Prepares the statement and sets its parameters.</summary>
    public SqliteStatement Prepare(SqliteSession session)
    {
        SqliteStatement statement = session.Prepare(Text);
        statement.BindAll(_parameters);
        return statement;
    }
}
