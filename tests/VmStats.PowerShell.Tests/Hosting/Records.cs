using System.Management.Automation;

namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>Everything that one invocation gave, stream by stream.</summary>
/// <param name="Output">The objects.</param>
/// <param name="Errors">The error stream; a terminating error is its last entry too.</param>
/// <param name="Terminated">The record of the error that ended the pipeline, or null.</param>
/// <param name="Warnings">Texts of the warning stream.</param>
/// <param name="Verbose">Texts of the verbose stream.</param>
/// <param name="Information">The information stream.</param>
/// <param name="Progress">The progress stream.</param>
/// <param name="Stopped">Whether the pipeline was stopped.</param>
public sealed record Records(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    ErrorRecord? Terminated,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<InformationRecord> Information,
    IReadOnlyList<ProgressRecord> Progress,
    bool Stopped)
{
    /// <summary>The only error; fails the test when there is none or another one.</summary>
    public ErrorRecord SingleError => Assert.Single(Errors);

    /// <summary>The output as objects of one type, unwrapped; fails the test on an object of another type.</summary>
    public IReadOnlyList<T> Of<T>() => [.. Output.Select(item => Assert.IsAssignableFrom<T>(item.BaseObject))];

    /// <summary>Fails the test, with the error's id, message and place, when there was any error.</summary>
    public Records NoErrors()
    {
        Assert.True(Errors.Count == 0, string.Join('\n', Errors.Select(Describe)));
        return this;
    }

    private static string Describe(ErrorRecord error) =>
        $"{error.FullyQualifiedErrorId}: {error.Exception.Message}\n{error.InvocationInfo?.PositionMessage}\n{error.Exception}";
}
