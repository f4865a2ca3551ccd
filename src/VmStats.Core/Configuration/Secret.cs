namespace VmStats.Configuration;

/// <summary>
/// A token or password. Its text is available only through <see cref="Reveal"/>: it never appears in formatted output,
/// a log or a debugger.
/// </summary>
[System.Diagnostics.DebuggerDisplay("***")]
internal sealed class Secret
{
    private readonly string _value;

    /// <summary>Wraps a secret.</summary>
    /// <param name="value">The text.</param>
    /// <param name="source">Its source, for error messages: <c>INFLUX_TOKEN</c>, <c>-Token</c>.</param>
    public Secret(string value, string source)
    {
        _value = value;
        Source = source;
    }

    /// <summary>Its source: a variable or a parameter.</summary>
    public string Source { get; }

    /// <summary>The text itself, for the request that needs it.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => "***";
}
