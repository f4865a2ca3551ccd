namespace VmStats.Stores.Influx.Statements;

/// <summary>The kind of a token.</summary>
internal enum TokenKind
{
    /// <summary>A keyword, a number or an unquoted name.</summary>
    Word,

    /// <summary>A name in double quotes, stored without them.</summary>
    Name,

    /// <summary>A string in single quotes or a regular expression; its contents don't matter.</summary>
    Text,

    /// <summary>Any other character.</summary>
    Symbol,
}

/// <summary>A token of a statement.</summary>
internal readonly record struct StatementToken(TokenKind Kind, string Text)
{
    /// <summary>True for this keyword, ignoring case.</summary>
    public bool Is(string keyword) => Kind == TokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for this character.</summary>
    public bool Is(char symbol) => Kind == TokenKind.Symbol && Text[0] == symbol;
}

/// <summary>
/// Splits SQL and InfluxQL into tokens, just enough to distinguish words from quoted text and comments. It doesn't
/// validate statements: that is left to the server.
/// </summary>
/// <param name="query">The text.</param>
/// <param name="isInfluxQL">True for InfluxQL, in which a backslash is an escape in quotes, and which has regular expressions.</param>
internal sealed class StatementTokens(string query, bool isInfluxQL)
{
    private readonly List<List<StatementToken>> _statements = [[]];
    private int _at;

    /// <summary>Returns the statements, without empty ones.</summary>
    public static IReadOnlyList<IReadOnlyList<StatementToken>> Of(string query, bool isInfluxQL) => new StatementTokens(query, isInfluxQL).Read();

    private List<List<StatementToken>> Read()
    {
        while (_at < query.Length)
        {
            char c = query[_at];
            if (char.IsWhiteSpace(c))
            {
                _at++;
            }
            else if (query.AsSpan(_at).StartsWith("--"))
            {
                SkipPast("\n");
            }
            else if (query.AsSpan(_at).StartsWith("/*"))
            {
                SkipPast("*/");
            }
            else if (c is '\'' or '"' || IsRegex(c))
            {
                string text = Quoted(c);
                Add(c == '"' ? TokenKind.Name : TokenKind.Text, text);
            }
            else if (IsWordPart(c))
            {
                int start = _at;
                while (_at < query.Length && IsWordPart(query[_at]))
                {
                    _at++;
                }

                Add(TokenKind.Word, query[start.._at]);
            }
            else if (c == ';')
            {
                _at++;
                _statements.Add([]);
            }
            else
            {
                _at++;
                Add(TokenKind.Symbol, c.ToString());
            }
        }

        _statements.RemoveAll(statement => statement.Count == 0);
        return _statements;
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    // A slash is a division, unless it is where InfluxQL allows a regular expression: after =~, !~, FROM, a comma.
    private bool IsRegex(char c) => isInfluxQL && c == '/' && _statements[^1] is [.., { } last] && (last.Is('~') || last.Is(',') || last.Is('(') || last.Is("FROM"));

    private string Quoted(char quote)
    {
        System.Text.StringBuilder text = new();
        for (_at++; _at < query.Length; _at++)
        {
            char c = query[_at];
            if (c == '\\' && isInfluxQL && _at + 1 < query.Length)
            {
                text.Append(query[++_at]);
            }
            else if (c != quote)
            {
                text.Append(c);
            }
            else if (!isInfluxQL && _at + 1 < query.Length && query[_at + 1] == quote)
            {
                text.Append(query[++_at]);
            }
            else
            {
                break;
            }
        }

        _at++;
        return text.ToString();
    }

    private void SkipPast(string end)
    {
        int found = query.IndexOf(end, _at + 2, StringComparison.Ordinal);
        _at = found < 0 ? query.Length : found + end.Length;
    }

    private void Add(TokenKind kind, string text) => _statements[^1].Add(new StatementToken(kind, text));
}
