using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using VmStats.Data;

namespace VmStats.Influx;

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
internal sealed class InfluxQLReader
{
    private const int MaximumTokenBytes = 64 * 1024 * 1024;
    private readonly InfluxQLParser _parser;
    private readonly InfluxFailures _failures;
    private readonly List<StoreRow> _ready = [];
    private readonly bool _mustAnswer;

    /// <param name="columns">What is known about the columns.</param>
    /// <param name="failures">Creates the exceptions.</param>
    /// <param name="mustAnswer">True for a statement that every server answers with results, even if they are empty.</param>
    public InfluxQLReader(InfluxQLColumns columns, InfluxFailures failures, bool mustAnswer = false)
    {
        _failures = failures;
        _mustAnswer = mustAnswer;
        _parser = new InfluxQLParser(columns, failures, _ready);
    }

    /// <summary>Returns the rows as they arrive.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(ResponseBody body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool more = true;
        while (more)
        {
            more = await body.ReadAsync().ConfigureAwait(false);
            int length = body.Span.Length;
            Parse(body, isFinal: !more);
            foreach (StoreRow row in _ready)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return row;
            }

            _ready.Clear();
            _parser.ThrowPendingError();
            if (more && length == body.Span.Length && length > MaximumTokenBytes)
            {
                throw _failures.NotUnderstood("a value of more than 64 MiB");
            }
        }

        if (!_parser.IsAtEnd)
        {
            throw _failures.CutOff(_parser.IsCutByServer ? "the server marks a series as partial, and sends no more of it (max-row-limit)" : "its last part is incomplete");
        }

        if (_mustAnswer && !_parser.HasResults)
        {
            throw _failures.NotUnderstood("it has no results");
        }
    }

    private void Parse(ResponseBody body, bool isFinal)
    {
        try
        {
            body.Consume(_parser.Parse(body.Span, isFinal));
        }
        catch (JsonException e)
        {
            throw isFinal && _parser.HasBegun
                ? _failures.CutOff("its last part is incomplete", e)
                : _failures.NotUnderstood(Encoding.UTF8.GetString(body.Span[..Math.Min(body.Span.Length, 80)]), e);
        }
    }
}
