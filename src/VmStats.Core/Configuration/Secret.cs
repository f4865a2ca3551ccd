namespace VmStats.Configuration;

/// <summary>A token or password. Its text is had only by asking for it: it never appears in a format, a log or a debugger's list.</summary>
[System.Diagnostics.DebuggerDisplay("***")]
public sealed class Secret
{
    private readonly string _value;

    /// <summary>Wraps a secret.</summary>
    /// <param name="value">The text.</param>
    /// <param name="source">Where it came from, for error messages: <c>INFLUX_TOKEN</c>, <c>-Token</c>.</param>
    public Secret(string value, string source)
    {
        _value = value;
        Source = source;
    }

    /// <summary>Where it came from: a variable or a parameter.</summary>
    public string Source { get; }

    /// <summary>The text itself, for the request that needs it.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => "***";
}
