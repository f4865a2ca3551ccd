using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;
using PSEngine = System.Management.Automation.PowerShell;

namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>
/// A session over the built module, in this process: all of the shell's cmdlets, a data folder of its own, none of the
/// machine's VmStats variables. Its tests belong to <see cref="ModuleCollection"/>.
/// </summary>
public sealed class ModuleRunspace : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(2);

    private readonly TempFolder _data = new();
    private readonly Runspace _runspace;
    private readonly Runspace? _defaultBefore;

    /// <param name="variables">Environment variables to set; null values remove.</param>
    /// <param name="width">The width of the host's screen, in columns.</param>
    /// <param name="module">A manifest or assembly to import instead of the built module; "" for none.</param>
    public ModuleRunspace(IReadOnlyDictionary<string, string?>? variables = null, int width = 120, string? module = null)
    {
        Environment = new IsolatedEnvironment(variables);
        Environment.Set("XDG_DATA_HOME", _data.Path);
        Environment.Set("XDG_STATE_HOME", Path.Combine(_data.Path, "state"));
        Environment.Set("LOCALAPPDATA", _data.Path);
        // The engine puts its own modules before it; of these the thread jobs are wanted.
        Environment.Set("PSModulePath", Repository.ShellModules);
        Host = new RecordingHost(width);
        InitialSessionState state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        _defaultBefore = Runspace.DefaultRunspace;
        _runspace = RunspaceFactory.CreateRunspace(Host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        if (module != "")
        {
            Import(module ?? Repository.ModuleManifest);
        }
    }

    /// <summary>The host, for its answers and its text.</summary>
    public RecordingHost Host { get; }

    /// <summary>The environment of the test, to set more in.</summary>
    public IsolatedEnvironment Environment { get; }

    /// <summary>The user's data folder as this session sees it (XDG_DATA_HOME).</summary>
    public string DataFolder => _data.Path;

    /// <summary>Runs a script and gives its objects; any error fails the test. <c>param(...)</c> in the script takes the parameters.</summary>
    public IReadOnlyList<PSObject> Invoke(string script, IDictionary? parameters = null) =>
        InvokeRecords(script, parameters).NoErrors().Output;

    /// <summary>As <see cref="Invoke(string, IDictionary?)"/>, unwrapped.</summary>
    public IReadOnlyList<T> Invoke<T>(string script, IDictionary? parameters = null) =>
        InvokeRecords(script, parameters).NoErrors().Of<T>();

    /// <summary>Runs a script and gives every stream; errors, terminating ones too, are for the test to look at.</summary>
    public Records InvokeRecords(string script, IDictionary? parameters = null)
    {
        using RunningPipeline pipeline = BeginInvoke(script, parameters);
        return pipeline.Wait(s_bound);
    }

    /// <summary>Starts a script in the background.</summary>
    public RunningPipeline BeginInvoke(string script, IDictionary? parameters = null)
    {
        PSEngine shell = PSEngine.Create(_runspace);
        shell.AddScript(script);
        if (parameters is not null)
        {
            shell.AddParameters(parameters);
        }

        return new RunningPipeline(shell);
    }

    /// <summary>What the user sees of the script's output: the text that the format views make of it, trailing blanks cut off.</summary>
    public string InvokeText(string script, IDictionary? parameters = null)
    {
        Host.TakeText();
        using PSEngine shell = PSEngine.Create(_runspace);
        shell.AddScript(script);
        if (parameters is not null)
        {
            shell.AddParameters(parameters);
        }

        shell.AddCommand("Out-Host").Invoke();
        Assert.Empty(shell.Streams.Error);
        return string.Join('\n', Host.TakeText().Split('\n').Select(line => line.TrimEnd()));
    }

    /// <summary>The texts that TAB offers at the end of the line.</summary>
    public IReadOnlyList<string> Complete(string line)
    {
        using PSEngine shell = PSEngine.Create(_runspace);
        return [.. CommandCompletion.CompleteInput(line, line.Length, options: null, shell)
            .CompletionMatches.Select(match => match.CompletionText)];
    }

    public void Dispose()
    {
        // Disposing of a runspace with a loaded module doesn't call IModuleAssemblyCleanup; removing the module does.
        using (PSEngine shell = PSEngine.Create(_runspace))
        {
            shell.AddScript("Get-Module | Remove-Module -Force").Invoke();
        }

        Runspace.DefaultRunspace = _defaultBefore;
        _runspace.Dispose();
        Environment.Dispose();
        _data.Dispose();
    }

    private void Import(string module)
    {
        Assert.True(File.Exists(module), $"{module} is not there; build the solution first.");
        InvokeRecords("param($Path) Import-Module $Path -ErrorAction Stop", new Hashtable { ["Path"] = module }).NoErrors();
    }
}
