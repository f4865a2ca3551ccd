using System.Text;
using System.Text.RegularExpressions;

namespace VmStats.Text;

/// <summary>
/// A name or wildcard pattern in PowerShell syntax: <c>*</c>, <c>?</c>, <c>[a-c]</c>, and a backtick that escapes the next
/// character. Case is ignored, as usual in PowerShell.
/// </summary>
internal sealed class NamePattern
{
    private readonly Regex? _regex;

    /// <summary>Parses a pattern.</summary>
    public NamePattern(string pattern)
    {
        Text = pattern;
        IsWildcard = HasWildcard(pattern);
        Literal = Unescape(pattern);
        _regex = IsWildcard ? ToRegex(pattern) : null;
    }

    /// <summary>The pattern as given.</summary>
    public string Text { get; }

    /// <summary>The unescaped pattern: the name itself, unless it is a wildcard.</summary>
    public string Literal { get; }

    /// <summary>True if it contains an unescaped wildcard.</summary>
    public bool IsWildcard { get; }

    /// <summary>True if a name matches. It is also compared literally with the pattern, since names of VMs may contain brackets.</summary>
    public bool Matches(string name) =>
        _regex?.IsMatch(name) == true
        || string.Equals(Literal, name, StringComparison.OrdinalIgnoreCase)
        || string.Equals(Text, name, StringComparison.OrdinalIgnoreCase);

    private static bool HasWildcard(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '`')
            {
                i++;
            }
            else if (pattern[i] is '*' or '?' || (pattern[i] == '[' && pattern.IndexOf(']', i + 1) > 0))
            {
                return true;
            }
        }

        return false;
    }

    private static string Unescape(string pattern)
    {
        StringBuilder text = new(pattern.Length);
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '`' && i + 1 < pattern.Length)
            {
                i++;
            }

            text.Append(pattern[i]);
        }

        return text.ToString();
    }

    private static Regex ToRegex(string pattern)
    {
        StringBuilder regex = new("^");
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            int close = c == '[' ? pattern.IndexOf(']', i + 1) : -1;
            if (c == '`' && i + 1 < pattern.Length)
            {
                regex.Append(Regex.Escape(pattern[++i].ToString()));
            }
            else if (close > i + 1)
            {
                AppendSet(regex, pattern[(i + 1)..close]);
                i = close;
            }
            else
            {
                regex.Append(c switch { '*' => ".*", '?' => ".", _ => Regex.Escape(c.ToString()) });
            }
        }

        return new Regex(
            regex.Append("\\z").ToString(),
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
    }

    private static void AppendSet(StringBuilder regex, string members)
    {
        regex.Append('[');
        for (int i = 0; i < members.Length; i++)
        {
            bool isRange = members[i] == '-' && i > 0 && i < members.Length - 1 && members[i - 1] <= members[i + 1];
            regex.Append(isRange ? "-" : $"\\u{(int)members[i]:x4}");
        }

        regex.Append(']');
    }
}
