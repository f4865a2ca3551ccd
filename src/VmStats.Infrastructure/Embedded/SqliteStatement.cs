using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A prepared statement on the native SQLite API: binds and reads values without boxing.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, sql, out _statement), database);
    }

    /// <summary>Binds a parameter; the index is 1-based.</summary>
    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_statement, index, value));

    /// <summary>Binds NULL to a parameter.</summary>
    public void BindNull(int index) => Check(raw.sqlite3_bind_null(_statement, index));

    /// <summary>Binds a parameter; the index is 1-based. The text may contain null characters.</summary>
    public void Bind(int index, string text)
    {
        if (text.Length == 0)
        {
            Check(raw.sqlite3_bind_text(_statement, index, ""));
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, buffer);
        Check(raw.sqlite3_bind_text(_statement, index, buffer.AsSpan(0, length)));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Binds a parameter; the index is 1-based. An unsigned integer is stored as the signed integer with the same bits.</summary>
    public void Bind(int index, in FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Null:
                BindNull(index);
                break;
            case FieldKind.Float:
                Check(raw.sqlite3_bind_double(_statement, index, value.AsDouble()!.Value));
                break;
            case FieldKind.String:
                Bind(index, value.AsString()!);
                break;
            case FieldKind.Unsigned:
                Bind(index, unchecked((long)(ulong)value.ToObject()!));
                break;
            default:
                Bind(index, value.AsInt64()!.Value);
                break;
        }
    }

    /// <summary>Binds all parameters.</summary>
    public void BindAll(IReadOnlyList<FieldValue> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            Bind(i + 1, values[i]);
        }
    }

    /// <summary>Advances to the next row; returns false at the end.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }

        return false;
    }

    /// <summary>Runs a statement that returns no rows, then resets it.</summary>
    public void Run()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Resets the statement so that it can run again. The return code is ignored: it repeats the error of the last run.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <summary>Returns true if a column of the current row is NULL; the index is 0-based.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>Reads a column of the current row; the index is 0-based.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Reads a column of the current row; the index is 0-based.</summary>
    public double Double(int column) => raw.sqlite3_column_double(_statement, column);

    /// <summary>Reads a column of the current row by its byte length, since the text may contain null characters; the index is 0-based.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    /// <summary>Reads a column of the current row as a value of its field type; the index is 0-based.</summary>
    public FieldValue Value(int column, FieldKind kind)
    {
        if (IsNull(column))
        {
            return default;
        }

        return kind switch
        {
            FieldKind.Integer => FieldValue.From(Int64(column)),
            FieldKind.Unsigned => FieldValue.From(unchecked((ulong)Int64(column))),
            FieldKind.Float => FieldValue.From(Double(column)),
            FieldKind.Boolean => FieldValue.From(Int64(column) != 0),
            _ => FieldValue.From(Text(column)),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);
}
