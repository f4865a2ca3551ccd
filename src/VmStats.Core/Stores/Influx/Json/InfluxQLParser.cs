using System.Buffers.Text;
using System.Text.Json;
using VmStats.Points;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx.Json;

/// <summary>Parses the JSON documents of /query incrementally, keeping track of the part of the document that the next token belongs to.</summary>
internal sealed class InfluxQLParser(InfluxQLColumns columnInfo, InfluxFailures failures, List<StoreRow> rows)
{
    /// <summary>InfluxDB 3's name for the column with the measurement, used for the other versions, too.</summary>
    public const string MeasurementColumn = "iox::measurement";

    private enum At
    {
        Document,
        Results,
        Result,
        SeriesList,
        Series,
        Tags,
        Columns,
        Values,
        Row,
        Skipped,
    }

    private enum Key
    {
        Other,
        Results,
        Series,
        Name,
        Tags,
        Columns,
        Values,
        Partial,
        Error,
        StatementId,
    }

    private readonly WireValue _values = new();
    private readonly Stack<At> _places = new();
    private readonly List<string> _columns = [];
    private readonly List<KeyValuePair<string, string>> _tags = [];
    private SeriesLayout? _series;
    private RowLayout? _lastLayout;
    private JsonReaderState _state;
    private Key _key;
    private string? _tag;
    private string? _name;
    private string? _error;
    private bool _partial;
    private bool _partialSeries;
    private int _statement;
    private FieldValue[] _row = [];
    private long? _time;
    private int _column;

    /// <summary>True between documents, if the last one announced no further part.</summary>
    public bool IsAtEnd => _places.Count == 0 && !_partial && !_partialSeries;

    /// <summary>True between documents, if the last one contains a truncated series but announced no further part.</summary>
    public bool IsCutByServer => _places.Count == 0 && !_partial && _partialSeries;

    /// <summary>True once results have arrived, with or without rows.</summary>
    public bool HasResults { get; private set; }

    /// <summary>True once a document has begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Throws an error that the server reported in a response with status 200, once the rows before it have been returned.</summary>
    public void ThrowPendingError()
    {
        if (_error is { } text)
        {
            _error = null;
            throw failures.FromText(text, System.Net.HttpStatusCode.OK);
        }
    }

    /// <summary>Parses the available bytes; returns the number of bytes consumed.</summary>
    public int Parse(ReadOnlySpan<byte> data, bool isFinal)
    {
        int used = 0;
        while (_error is null)
        {
            if (_places.Count == 0)
            {
                int blank = data[used..].IndexOfAnyExcept(" \r\n\t"u8);
                if (blank < 0)
                {
                    return data.Length;
                }

                used += blank;
                _state = default;
            }

            Utf8JsonReader reader = new(data[used..], isFinal, _state);
            while (_error is null && reader.Read())
            {
                Take(ref reader);
                if (_places.Count == 0)
                {
                    break;
                }
            }

            used += (int)reader.BytesConsumed;
            _state = reader.CurrentState;
            if (_places.Count > 0 || reader.TokenType != JsonTokenType.EndObject)
            {
                break;
            }
        }

        return used;
    }

    private void Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                TakeName(ref reader);
                break;
            case JsonTokenType.StartObject:
            case JsonTokenType.StartArray:
                Enter(reader.TokenType == JsonTokenType.StartObject);
                break;
            case JsonTokenType.EndObject:
            case JsonTokenType.EndArray:
                Leave();
                break;
            default:
                TakeValue(ref reader);
                break;
        }
    }

    private void TakeName(ref Utf8JsonReader reader)
    {
        if (_places.Peek() == At.Tags)
        {
            _tag = reader.GetString();
            return;
        }

        _key = reader.ValueTextEquals("results"u8) ? Key.Results
            : reader.ValueTextEquals("series"u8) ? Key.Series
            : reader.ValueTextEquals("name"u8) ? Key.Name
            : reader.ValueTextEquals("tags"u8) ? Key.Tags
            : reader.ValueTextEquals("columns"u8) ? Key.Columns
            : reader.ValueTextEquals("values"u8) ? Key.Values
            : reader.ValueTextEquals("partial"u8) ? Key.Partial
            : reader.ValueTextEquals("error"u8) ? Key.Error
            : reader.ValueTextEquals("statement_id"u8) ? Key.StatementId
            : Key.Other;
    }

    private void Enter(bool isObject)
    {
        At place = (_places.Count == 0 ? (At?)null : _places.Peek(), isObject, _key) switch
        {
            (null, true, _) => At.Document,
            (At.Document, false, Key.Results) => At.Results,
            (At.Results, true, _) => At.Result,
            (At.Result, false, Key.Series) => At.SeriesList,
            (At.SeriesList, true, _) => At.Series,
            (At.Series, true, Key.Tags) => At.Tags,
            (At.Series, false, Key.Columns) => At.Columns,
            (At.Series, false, Key.Values) => At.Values,
            (At.Values, false, _) => At.Row,
            (null, _, _) => throw failures.NotUnderstood("an answer that is no JSON object"),
            _ => At.Skipped,
        };
        _places.Push(place);
        switch (place)
        {
            case At.Document:
                HasBegun = true;
                _partial = false;
                _partialSeries = false;
                break;
            case At.Results:
                HasResults = true;
                break;
            case At.Result:
                _statement = 0;
                break;
            case At.Series:
                _name = null;
                _columns.Clear();
                _tags.Clear();
                break;
            case At.Values:
                _series = SeriesLayout.For(_name, _columns, _tags, columnInfo, columnInfo.Selects.ElementAtOrDefault(_statement), ref _lastLayout);
                break;
            case At.Row:
                _row = _series!.NewRow();
                _time = null;
                _column = 0;
                break;
        }

        _key = Key.Other;
    }

    private void Leave()
    {
        if (_places.Pop() == At.Row)
        {
            rows.Add(new StoreRow(_series!.Layout, _time, _row));
        }
    }

    private void TakeValue(ref Utf8JsonReader reader)
    {
        switch (_places.Count == 0 ? throw failures.NotUnderstood("an answer that is no JSON object") : _places.Peek())
        {
            case At.Row:
                TakeCell(ref reader);
                break;
            case At.Tags:
                _tags.Add(new(_tag!, reader.TokenType == JsonTokenType.String ? _values.Text(ref reader, columnInfo.Tags.Contains(_tag!)) : ""));
                break;
            case At.Columns:
                _columns.Add(_values.Text(ref reader));
                break;
            case At.Series when _key == Key.Name:
                _name = reader.GetString();
                break;
            case At.Result when _key == Key.StatementId:
                _ = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out _statement);
                break;
            case At.Result when _key == Key.Partial:
                _partial |= reader.TokenType == JsonTokenType.True;
                break;
            case At.Series when _key == Key.Partial:
                _partialSeries |= reader.TokenType == JsonTokenType.True;
                break;
            case At.Document or At.Result when _key == Key.Error:
                _error = reader.GetString();
                break;
        }
    }

    private void TakeCell(ref Utf8JsonReader reader)
    {
        if (_column >= _series!.Count)
        {
            throw failures.NotUnderstood("a row with more values than columns");
        }

        (int place, FieldKind kind, bool isTag) = _series[_column];
        _column++;
        if (place == SeriesLayout.TimePlace)
        {
            if (reader.TokenType == JsonTokenType.Number && Utf8Parser.TryParse(reader.ValueSpan, out long time, out _))
            {
                _time = time;
            }
            else if (reader.TokenType == JsonTokenType.String && WireTime.TryParse(reader.ValueSpan, out time))
            {
                _time = time;
            }
        }
        else if (place >= 0)
        {
            _row[place] = _values.Read(ref reader, kind, isTag);
        }
    }
}
