namespace VmStats.Stores.Influx.Statements;

/// <summary>Classifies statements before they are sent.</summary>
internal static class StatementKinds
{
    private static readonly HashSet<string> s_changing = new(StringComparer.OrdinalIgnoreCase)
    {
        "ALTER", "COPY", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "KILL", "MERGE", "REVOKE", "SET", "TRUNCATE", "UPDATE",
    };

    private static readonly HashSet<string> s_changingWithin = new(StringComparer.OrdinalIgnoreCase) { "DELETE", "INSERT", "MERGE", "UPDATE" };

    /// <summary>
    /// True if a statement is known to change data or settings, in either language. An unknown statement is sent to the
    /// server, which reports the error in it.
    /// </summary>
    public static bool ModifiesData(string query) =>
        StatementTokens.Of(query, isInfluxQL: false).Concat(StatementTokens.Of(query, isInfluxQL: true)).Any(Changes);

    /// <summary>For each statement of an InfluxQL text, whether it is a SELECT: the first column of its result is the time.</summary>
    public static IReadOnlyList<bool> Selects(string influxQL) =>
        StatementTokens.Of(influxQL, isInfluxQL: true).Select(statement => First(statement).Is("SELECT")).ToArray();

    /// <summary>True for SQL that can be used as a subquery.</summary>
    public static bool IsSqlQuery(string sql) =>
        StatementTokens.Of(sql, isInfluxQL: false) is [{ } only] && (First(only).Is("SELECT") || First(only).Is("WITH"));

    /// <summary>True if the SQL uses the name <c>time</c> as an alias.</summary>
    public static bool HasTimeAlias(string sql) => StatementTokens.Of(sql, isInfluxQL: false).Any(statement =>
        statement.Zip(statement.Skip(1)).Any(pair =>
            (pair.First.Is("AS") || pair.First.Is(')')) && (pair.Second.Is("time") || pair.Second is { Kind: TokenKind.Name, Text: "time" })));

    /// <summary>Returns the aliases of the time in InfluxQL: <c>SELECT time AS taken</c>.</summary>
    public static IReadOnlyCollection<string> TimeAliases(string influxQL)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (IReadOnlyList<StatementToken> statement in StatementTokens.Of(influxQL, isInfluxQL: true))
        {
            for (int i = 0; i + 2 < statement.Count; i++)
            {
                bool isTime = statement[i].Is("time") || statement[i] is { Kind: TokenKind.Name, Text: "time" };
                if (isTime && statement[i + 1].Is("AS") && statement[i + 2].Kind is TokenKind.Word or TokenKind.Name)
                {
                    names.Add(statement[i + 2].Text);
                }
            }
        }

        return names;
    }

    private static bool Changes(IReadOnlyList<StatementToken> statement)
    {
        StatementToken first = First(statement);
        return (first.Kind == TokenKind.Word && s_changing.Contains(first.Text))
            || statement.Any(token => token.Is("INTO"))
            || ((first.Is("WITH") || first.Is("EXPLAIN")) && statement.Any(token => token.Kind == TokenKind.Word && s_changingWithin.Contains(token.Text)));
    }

    private static StatementToken First(IReadOnlyList<StatementToken> statement) => statement.FirstOrDefault(token => !token.Is('('));
}
