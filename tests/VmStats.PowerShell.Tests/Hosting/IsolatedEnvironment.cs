using System.Collections;

namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>Takes every variable that VmStats reads out of the process, sets the test's own, and puts all back at the end.</summary>
public sealed class IsolatedEnvironment : IDisposable
{
    private static readonly string[] s_prefixes = ["INFLUX", "LIBVIRT_", "MEMDUMP_", "BATCH_MAX_", "VIR_"];
    private static readonly string[] s_names =
        ["DUMP_DIR", "POLL_INTERVAL", "MAX_PARALLEL_DUMPS", "DEVICE_CACHE_TTL", "ANOMALY_DETECTION_BAND"];

    private readonly Dictionary<string, string?> _before = [];

    /// <param name="variables">What the test sets; a null value removes the variable.</param>
    public IsolatedEnvironment(IReadOnlyDictionary<string, string?>? variables = null)
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            string name = (string)entry.Key;
            if (s_names.Contains(name) || s_prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                Set(name, null);
            }
        }

        foreach ((string name, string? value) in variables ?? new Dictionary<string, string?>())
        {
            Set(name, value);
        }
    }

    /// <summary>Sets one more variable until the end of the test.</summary>
    public void Set(string name, string? value)
    {
        _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }

    public void Dispose()
    {
        foreach ((string name, string? value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
