using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using VmStats.Points;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.Statements;

namespace VmStats.Stores.Influx.Json;

/// <summary>What is known about the columns of an InfluxQL result, in which integers and floats can't be reliably distinguished.</summary>
/// <param name="Columns">The requested columns, or null for all.</param>
/// <param name="Kinds">The known types of columns.</param>
/// <param name="Tags">The columns that are known to be tags.</param>
internal sealed record InfluxQLColumns(
    IReadOnlyList<string>? Columns, IReadOnlyDictionary<string, FieldKind> Kinds, IReadOnlyCollection<string> Tags)
{
    /// <summary>
    /// For each statement, whether it is a SELECT, whose first column is the time, whatever its name; empty if the time
    /// is called <c>time</c>.
    /// </summary>
    public IReadOnlyList<bool> Selects { get; private init; } = [];

    /// <summary>Creates an instance for a query about which nothing but its text is known.</summary>
    public static InfluxQLColumns Unknown(string query) =>
        new(null, new Dictionary<string, FieldKind>(), []) { Selects = StatementKinds.Selects(query) };
}

/// <summary>
/// Reads the response of /query, chunked or not: consecutive JSON documents, with or without line feeds between them.
/// It is parsed token by token, since a document may contain ten thousand rows. An error in a response with status 200
/// is thrown after the rows before it.
/// </summary>
internal sealed class InfluxQLReader : IRowReader
{
    private const int MaximumTokenBytes = 64 * 1024 * 1024;
    private readonly ResponseBody _body;
    private readonly InfluxQLParser _parser;
    private readonly InfluxFailures _failures;
    private readonly List<StoreRow> _ready = [];
    private readonly bool _mustAnswer;
    private int _taken;
    private bool _isComplete;

    /// <param name="body">The response body.</param>
    /// <param name="columns">What is known about the columns.</param>
    /// <param name="failures">Creates the exceptions.</param>
    /// <param name="mustAnswer">True for a statement that every server answers with results, even if they are empty.</param>
    public InfluxQLReader(ResponseBody body, InfluxQLColumns columns, InfluxFailures failures, bool mustAnswer = false)
    {
        _body = body;
        _failures = failures;
        _mustAnswer = mustAnswer;
        _parser = new InfluxQLParser(columns, failures, _ready);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReadAsync()
    {
        _ready.Clear();
        _taken = 0;
        while (!_isComplete && _ready.Count == 0)
        {
            _parser.ThrowPendingError();
            bool more = await _body.ReadAsync().ConfigureAwait(false);
            int length = _body.Span.Length;
            Parse(isFinal: !more);
            _isComplete = !more;
            if (more && length == _body.Span.Length && length > MaximumTokenBytes)
            {
                throw _failures.NotUnderstood("a value of more than 64 MiB");
            }
        }

        if (_ready.Count > 0)
        {
            return true;
        }

        _parser.ThrowPendingError();
        if (!_parser.IsAtEnd)
        {
            throw _failures.CutOff(_parser.IsCutByServer ? "the server marks a series as partial, and sends no more of it (max-row-limit)" : "its last part is incomplete");
        }

        return _mustAnswer && !_parser.HasResults ? throw _failures.NotUnderstood("it has no results") : false;
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out StoreRow? row)
    {
        row = _taken < _ready.Count ? _ready[_taken++] : null;
        return row is not null;
    }

    private void Parse(bool isFinal)
    {
        try
        {
            _body.Consume(_parser.Parse(_body.Span, isFinal));
        }
        catch (JsonException e)
        {
            throw isFinal && _parser.HasBegun
                ? _failures.CutOff("its last part is incomplete", e)
                : _failures.NotUnderstood(Encoding.UTF8.GetString(_body.Span[..Math.Min(_body.Span.Length, 80)]), e);
        }
    }
}
