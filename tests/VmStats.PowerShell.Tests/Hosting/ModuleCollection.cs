namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>Tests that touch the process environment (every test with a <see cref="ModuleRunspace"/>) run one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ModuleCollection
{
    public const string Name = "Module";
}
