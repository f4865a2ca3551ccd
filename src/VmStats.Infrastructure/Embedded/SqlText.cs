using System.Text;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A statement being written: text and, apart from it, the values.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new();
    private readonly List<FieldValue> _parameters = [];

    /// <summary>The statement.</summary>
    public string Text => _text.ToString();

    /// <summary>The values of its parameters, in order.</summary>
    public IReadOnlyList<FieldValue> Parameters => _parameters;

    /// <summary>Adds text; identifiers in it are quoted by the caller.</summary>
    public SqlText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Adds a parameter.</summary>
    public SqlText Add(in FieldValue value)
    {
        _text.Append('?');
        _parameters.Add(value);
        return this;
    }

    /// <summary>Adds parts with text between them.</summary>
    public SqlText Join<T>(string between, IEnumerable<T> parts, Action<T> add)
    {
        bool first = true;
        foreach (T part in parts)
        {
            if (!first)
            {
                Add(between);
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
