using System.Reflection;
using System.Runtime.Loader;

namespace VmStats.Configuration;

/// <summary>
/// Brings in VmStats.Infrastructure on first use. In the module it lies in <c>lib/</c> with the packages it stands on
/// and gets a load context of its own, so that another module's version of the same package does no harm; where it is
/// already beside Core (tests, tools) it is taken from there.
/// </summary>
internal static class InfrastructureLoader
{
    private const string AssemblyName = "VmStats.Infrastructure";
    private const string TypeName = "VmStats.Infrastructure.Infrastructure";

    private static readonly Lazy<IInfrastructure> s_current = new(() => Load(HomeOf(typeof(InfrastructureLoader).Assembly)));

    /// <summary>The infrastructure of this process, loaded on first use.</summary>
    /// <exception cref="VmStatsException">The assembly isn't there: <c>InfrastructureMissing</c>.</exception>
    public static IInfrastructure Current => s_current.Value;

    /// <summary>Closes what the infrastructure keeps open, if it was ever loaded.</summary>
    public static void Release()
    {
        if (s_current.IsValueCreated)
        {
            s_current.Value.Release();
        }
    }

    /// <summary>Loads the infrastructure from <c>lib/</c> in a folder, or from wherever this process already resolves it.</summary>
    /// <param name="folder">The folder that holds VmStats.Core.dll.</param>
    internal static IInfrastructure Load(string folder)
    {
        string path = Path.Combine(folder, "lib", AssemblyName + ".dll");
        try
        {
            Assembly assembly = File.Exists(path)
                ? new IsolatedLoadContext(path).LoadFromAssemblyPath(path)
                : Assembly.Load(new AssemblyName(AssemblyName));
            return (IInfrastructure)Activator.CreateInstance(assembly.GetType(TypeName, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException or MissingMethodException)
        {
            throw new VmStatsException(
                "InfrastructureMissing",
                VmStatsErrorKind.NotFound,
                $"VmStats is incomplete: '{path}' can't be loaded. {e.Message}",
                "Install the module again; its lib folder and all that is in it belong to it.",
                path,
                e);
        }
    }

    private static string HomeOf(Assembly assembly) =>
        assembly.Location.Length > 0 ? Path.GetDirectoryName(assembly.Location)! : AppContext.BaseDirectory;

    private sealed class IsolatedLoadContext(string path) : AssemblyLoadContext("VmStats")
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // One Core for everybody: its types cross the border between the contexts.
            Assembly core = typeof(InfrastructureLoader).Assembly;
            if (assemblyName.Name == core.GetName().Name)
            {
                return core;
            }

            string? file = _resolver.ResolveAssemblyToPath(assemblyName);
            return file is null ? null : LoadFromAssemblyPath(file);
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            string? file = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
            return file is null ? 0 : LoadUnmanagedDllFromPath(file);
        }
    }
}
